/** What a person sends: messages, and what is done to them. Each is shown at once, and goes through the outbox. */
import { type Ack, type ClientFrame, Content, type Input } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import type { Outbox, Refused } from './outbox.ts';
import type { ClientClock, MessageSource, SendOptions, Sent } from './types.ts';

export interface MessagesParts {
  readonly clock: ClientClock;
  readonly newId: () => string;
  readonly conversations: Conversations;
  readonly outbox: Outbox;
}

export class Messages {
  readonly #parts: MessagesParts;

  constructor(parts: MessagesParts) {
    this.#parts = parts;
  }

  send(conversationId: string, content: string | Input<Content>, options: SendOptions): Sent {
    const said = typeof content === 'string' ? { text: { body: content } } : content;
    return this.#send(conversationId, { content: said }, options);
  }

  /** Passes on what one may see elsewhere. */
  forward(conversationId: string, source: MessageSource, options: SendOptions): Sent {
    return this.#send(conversationId, { forward: source }, options);
  }

  #send(
    conversationId: string,
    what: { readonly content: Input<Content> } | { readonly forward: MessageSource },
    { replyToSeq, messageId }: SendOptions,
  ): Sent {
    const { clock, newId, conversations, outbox } = this.#parts;
    const id = messageId ?? newId();
    const frame: Input<ClientFrame> = {
      send: {
        conversationId,
        messageId: id,
        ...what,
        clientTimeMs: clock.nowMs(),
        ...(replyToSeq !== undefined && { replyToSeq }),
        // An id of the caller's may be in the log since before what is known here.
        ...(messageId === undefined && { knownSeq: conversations.get(conversationId).timeline.end }),
      },
    };
    const state = this.showPending(frame);
    const acked = outbox.add(frame, messageId !== undefined);
    conversations.changed(state);
    return { messageId: id, acked };
  }

  edit(conversationId: string, seq: number, content: string | Input<Content>): Promise<Ack> {
    const said = typeof content === 'string' ? { text: { body: content } } : content;
    return this.#parts.outbox.add({ edit: { ...this.#command(conversationId), seq, content: said } });
  }

  delete(conversationId: string, seq: number): Promise<Ack> {
    return this.#parts.outbox.add({ delete: { ...this.#command(conversationId), seq, forEveryone: true } });
  }

  react(conversationId: string, seq: number, emoji: string, remove: boolean): Promise<Ack> {
    return this.#parts.outbox.add({ react: { ...this.#command(conversationId), seq, emoji, remove } });
  }

  pin(conversationId: string, seq: number, remove: boolean): Promise<Ack> {
    return this.#parts.outbox.add({ pin: { ...this.#command(conversationId), seq, remove } });
  }

  vote(conversationId: string, seq: number, options: readonly number[]): Promise<Ack> {
    return this.#parts.outbox.add({ vote: { ...this.#command(conversationId), seq, options } });
  }

  closePoll(conversationId: string, seq: number): Promise<Ack> {
    return this.#parts.outbox.add({ closePoll: { ...this.#command(conversationId), seq } });
  }

  discard(conversationId: string, messageId: string): void {
    const { conversations } = this.#parts;
    const state = conversations.get(conversationId);
    if (state.pending.get(messageId)?.failed && state.pending.delete(messageId)) conversations.changed(state);
  }

  resend(conversationId: string, messageId: string): Sent | undefined {
    const pending = this.#parts.conversations.get(conversationId).pending.get(messageId);
    if (!pending?.failed) return undefined;
    this.discard(conversationId, messageId);
    const { content, forward, replyToSeq } = pending.frame.send ?? {};
    const what = forward ? { forward: forward as MessageSource } : { content: content as Content };
    return this.#send(conversationId, what, replyToSeq === undefined ? {} : { replyToSeq });
  }

  /** A message of the outbox is among the lines of its conversation until its event is. */
  showPending(frame: Input<ClientFrame>): ConversationState {
    const { conversationId = '', messageId = '', clientTimeMs = 0, content, forward } = frame.send ?? {};
    const { conversations } = this.#parts;
    const state = conversations.get(conversationId);
    // What is passed on is read by the server; until then it is shown as it is known here.
    const known = forward && conversations.find(forward.conversationId ?? '')?.timeline.at(forward.seq ?? 0);
    const shown = content ? whole(content) : known?.message?.content;
    state.pending.set(messageId, {
      messageId,
      frame,
      content: shown,
      sinceMs: clientTimeMs,
      failed: false,
      ack: undefined,
    });
    return state;
  }

  /** The outbox gave a command up. */
  onRefused({ id, conversationId }: Refused): void {
    const { conversations } = this.#parts;
    const state = conversations.get(conversationId);
    const pending = state.pending.get(id);
    if (pending) pending.failed = true;
    conversations.changed(state);
  }

  #command(conversationId: string): { conversationId: string; commandId: string; knownSeq: number } {
    const { newId, conversations } = this.#parts;
    return { conversationId, commandId: newId(), knownSeq: conversations.get(conversationId).timeline.end };
  }
}

/** With every field that a reader expects, as from the server. What no codec takes stays as it is, and is refused. */
function whole(content: Input<Content>): Content {
  try {
    return Content.fromJson(JSON.parse(Content.toJson(content)), 'content');
  } catch {
    return content as Content;
  }
}
