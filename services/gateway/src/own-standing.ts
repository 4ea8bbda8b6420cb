/**
 * Whether a conversation of which somebody says something in their own log is theirs: that log cannot know. Like what cannot be passed on
 * (forwards.ts), a command about one that is not theirs goes to the log with the reason.
 */
import type { Command, MessagesService } from '@clatter/contracts/messages';
import { ClatterError, type Input } from '@clatter/wire';

/** Conversations of one connection that are known to be the person's. */
const KNOWN_MAX = 1000;

/** A conversation that once was somebody's stays in their inbox, whether they are a member or were: nothing has to be looked up twice. */
export class OwnStandings {
  readonly #known = new Set<string>();

  has(conversationId: string): boolean {
    return this.#known.has(conversationId);
  }

  add(conversationId: string): void {
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.add(conversationId);
  }
}

/** The conversation of which a command to the sender's own log speaks. */
export const aboutOf = ({ setFlags, setDraft, deleteForMe }: Input<Command>): string | undefined =>
  (setFlags ?? setDraft ?? deleteForMe)?.conversationId;

/** The reason for which somebody may say nothing of it; undefined where they may. Throws UNAVAILABLE. */
export async function readStanding(
  messages: MessagesService,
  userId: string,
  conversationId: string,
): Promise<Input<Command>['refusal']> {
  try {
    await messages.getConversation({ userId, conversationId });
    return undefined;
  } catch (error) {
    if (!(error instanceof ClatterError)) throw error;
    // Whoever was a member has it in their list still.
    if (error.code === 'NOT_A_MEMBER') return undefined;
    if (error.code === 'NOT_FOUND') return { code: error.code, message: error.message };
    throw error;
  }
}
