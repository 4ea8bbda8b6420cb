/**
 * A block as a command to the log of the direct conversation of two people: there it is what `decide` goes by. messages appends the same
 * command when it reads of the block in clatter.accounts; the log has it once, by its id. Who asks for a block waits here until it counts.
 */
import { blockCommandId, directConversationId } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { HttpCommands } from './http/http-commands.ts';

export interface BlockFact {
  readonly userId: string;
  readonly blockedId: string;
  readonly blocked: boolean;
  /** Of this change: a later one between the two has a higher number. */
  readonly number: number;
}

/** What the log has already, or has no conversation for. */
const SETTLED: readonly string[] = ['NOT_FOUND', 'NOT_A_MEMBER', 'CONFLICT'];

export class BlockCommands {
  readonly #commands: HttpCommands;

  constructor(commands: HttpCommands) {
    this.#commands = commands;
  }

  /** Resolves when the log has it, or there is no conversation. Throws UNAVAILABLE; the block follows nevertheless. */
  async submit({ userId, blockedId, blocked, number }: BlockFact): Promise<void> {
    try {
      await this.#commands.submit({
        conversationId: directConversationId(userId, blockedId),
        senderId: userId,
        commandId: blockCommandId(userId, blockedId, number),
        retry: true,
        block: { blocked, number },
      });
    } catch (error) {
      if (!(error instanceof ClatterError) || !SETTLED.includes(error.code)) throw error;
    }
  }
}
