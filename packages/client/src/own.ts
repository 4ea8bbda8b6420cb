/**
 * The person's own log: pins, mutes, the archive, drafts and messages deleted for oneself. What is changed here is shown at once, goes through
 * the outbox, and comes back as an event of the own log, as on all other devices; a sync has what was missed, with each conversation.
 */
import { type Ack, ClatterError, type ClientFrame, type Event, type Input } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import type { Conversations } from './conversations.ts';
import type { Outbox } from './outbox.ts';
import { isArchived } from './own-flags.ts';
import type { ClientClock, FlagsChange } from './types.ts';

/** A draft is sent when nobody wrote for so long: most messages are finished before, and cost no command for their draft. */
const DRAFT_MS = 2000;

export interface OwnParts {
  readonly clock: ClientClock;
  readonly newId: () => string;
  readonly conversations: Pick<Conversations, 'get' | 'find' | 'changed'>;
  readonly outbox: Pick<Outbox, 'add'>;
  readonly onError: (error: Error) => void;
}

interface Writing {
  cancel: (() => void) | undefined;
  isSending: boolean;
  /** Changed since it was sent. */
  isDue: boolean;
}

export class Own {
  readonly #parts: OwnParts;
  /** Command → the conversation that it speaks of, until it is answered. */
  readonly #commands = new Map<string, string>();
  readonly #drafts = new Map<string, Writing>();
  /** Seq of the newest event of the own log that was heard. */
  #heardSeq = 0;

  constructor(parts: OwnParts) {
    this.#parts = parts;
  }

  setFlags(conversationId: string, change: FlagsChange): Promise<Ack> {
    const state = this.#parts.conversations.get(conversationId);
    // Muting is no way back into an archive that a message ended.
    const isBack = change.muted && state.own.flags.archived && !isArchived(state.own.flags, state);
    const frame: Input<ClientFrame> = {
      setFlags: {
        conversationId,
        commandId: this.#parts.newId(),
        ...(isBack && { archived: false }),
        ...change,
        ...((change.archived || change.hidden) && { messageNo: state.messageNo }),
      },
    };
    this.showPending(frame);
    return this.#parts.outbox.add(frame);
  }

  deleteForMe(conversationId: string, seq: number): Promise<Ack> {
    const frame = { delete: { conversationId, commandId: this.#parts.newId(), seq, forEveryone: false } };
    this.showPending(frame);
    return this.#parts.outbox.add(frame);
  }

  /** Here at once; for the other devices when nobody wrote for a moment. */
  setDraft(conversationId: string, text: string, replyToSeq?: number): void {
    const { conversations, clock } = this.#parts;
    const state = conversations.get(conversationId);
    const before = state.own.draft;
    if ((before?.text ?? '') === text && before?.replyToSeq === replyToSeq) return;
    state.own.write(
      text === '' && replyToSeq === undefined ? undefined : { text, replyToSeq, changedAtMs: clock.nowMs() },
    );
    conversations.changed(state);
    const writing = this.#drafts.get(conversationId) ?? { cancel: undefined, isSending: false, isDue: false };
    this.#drafts.set(conversationId, writing);
    writing.isDue = true;
    writing.cancel?.();
    writing.cancel = undefined;
    if (state.own.draft === undefined && !writing.isSending && !state.own.isDraftStored) {
      // Sent before the server heard that it was being written.
      writing.isDue = false;
      state.own.wrote(0);
    } else if (state.own.draft === undefined) this.#sendDraft(conversationId, writing);
    else writing.cancel = clock.timer(DRAFT_MS, () => this.#sendDraft(conversationId, writing));
  }

  /** What waits in the outbox is shown as if it were done. False for a frame that is not of the own log. */
  showPending(frame: Input<ClientFrame>): boolean {
    const { setFlags, setDraft, delete: remove } = frame;
    const body = setFlags ?? setDraft ?? (remove?.forEveryone ? undefined : remove);
    if (!body) return false;
    const { conversationId = '', commandId = '' } = body;
    const state = this.#parts.conversations.get(conversationId);
    this.#commands.set(commandId, conversationId);
    if (setFlags) state.own.wants(commandId, setFlags);
    if (setDraft) {
      const { text, replyToSeq } = setDraft;
      state.own.takeDraft(text ? { text, replyToSeq, changedAtMs: this.#parts.clock.nowMs() } : undefined, 0);
    }
    if (remove?.seq !== undefined) state.deleteForMe([[remove.seq, remove.seq]]);
    this.#parts.conversations.changed(state);
    return true;
  }

  /** False where events before it were missed: a sync has what they changed. */
  onEvent(event: Event): boolean {
    const { conversations } = this.#parts;
    const isNext = this.#heardSeq === 0 || event.seq <= this.#heardSeq + 1;
    this.#heardSeq = Math.max(this.#heardSeq, event.seq);
    const { flagsChanged, draftChanged, deletedForMe } = event;
    const id = (flagsChanged ?? draftChanged ?? deletedForMe)?.conversationId;
    if (id === undefined) return isNext;
    const state = conversations.get(id);
    if (flagsChanged?.flags) state.own.take({ ...flagsChanged.flags, ownSeq: event.seq });
    if (draftChanged) {
      state.own.take({ ...state.own.flags, ownSeq: event.seq });
      state.own.takeDraft(draftChanged.draft, event.seq);
    }
    if (deletedForMe) {
      state.own.take({ ...state.own.flags, ownSeq: event.seq });
      state.deleteForMe([[deletedForMe.seq, deletedForMe.seq]]);
    }
    for (const [index, pinned] of (flagsChanged?.pinOrder?.conversationIds ?? []).entries()) {
      const other = conversations.find(pinned);
      if (!other || pinned === id || !other.own.place(index + 1, event.seq)) continue;
      conversations.changed(other);
    }
    conversations.changed(state);
    return isNext;
  }

  onAck(commandId: string, ack: Ack): void {
    const state = this.#answered(commandId);
    if (!state) return;
    state.own.done(commandId, ack.seq);
    this.#parts.conversations.changed(state);
  }

  /** False for a command that is not of the own log. */
  onRefused(commandId: string): boolean {
    const state = this.#answered(commandId);
    if (!state) return false;
    state.own.done(commandId, 0);
    this.#parts.conversations.changed(state);
    return true;
  }

  clear(): void {
    for (const { cancel } of this.#drafts.values()) cancel?.();
    this.#drafts.clear();
    this.#commands.clear();
    this.#heardSeq = 0;
  }

  /** Sends what was written last, now: the program ends. */
  flush(): void {
    for (const [id, writing] of this.#drafts) if (writing.isDue) this.#sendDraft(id, writing);
  }

  #answered(commandId: string): ConversationState | undefined {
    const id = this.#commands.get(commandId);
    this.#commands.delete(commandId);
    return id === undefined ? undefined : this.#parts.conversations.get(id);
  }

  /** One of a conversation is under way at a time: who writes much while the network is away leaves one command. */
  #sendDraft(conversationId: string, writing: Writing): void {
    writing.cancel?.();
    writing.cancel = undefined;
    if (writing.isSending || !writing.isDue) return;
    const { conversations, outbox, newId, onError } = this.#parts;
    const state = conversations.get(conversationId);
    const { draft } = state.own;
    state.own.sending();
    writing.isSending = true;
    writing.isDue = false;
    const commandId = newId();
    this.#commands.set(commandId, conversationId);
    const { text = '', replyToSeq } = draft ?? {};
    outbox
      .add({ setDraft: { conversationId, commandId, text, ...(replyToSeq !== undefined && { replyToSeq }) } })
      .then(({ seq }) => seq)
      .catch((error) => {
        if (!(error instanceof ClatterError)) onError(error as Error);
        return 0;
      })
      .then((seq) => {
        writing.isSending = false;
        if (!writing.isDue) {
          state.own.wrote(seq);
          conversations.changed(state);
        } else if (!writing.cancel) this.#sendDraft(conversationId, writing);
      });
  }
}
