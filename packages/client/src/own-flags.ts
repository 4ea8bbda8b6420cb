/** What a person made of one conversation, as this device knows it: what the server said, and what is on its way there. */
import { ConversationFlags, type Draft, type Input, type SetFlags } from '@clatter/wire';

/** Where a conversation stands. */
interface Stand {
  readonly messageNo: number;
  readonly lastActivityMs: number;
}

/** Until when it is muted: 0 where it is not, Infinity for ever. */
export const mutedUntilMs = ({ muted, mutedUntilMs: until }: ConversationFlags): number =>
  muted ? until || Number.POSITIVE_INFINITY : 0;

/** Until a message comes that was not known when it was archived; what is muted stays. As the server has it. */
export const isArchived = (flags: ConversationFlags, { messageNo, lastActivityMs }: Stand): boolean =>
  flags.archived && (messageNo <= flags.archivedMessageNo || lastActivityMs <= mutedUntilMs(flags));

/** Until a message comes that was not known when it was hidden. */
export const isHidden = (flags: ConversationFlags, { messageNo }: Stand): boolean =>
  flags.hidden && messageNo <= flags.hiddenMessageNo;

export class OwnFlags {
  #said = ConversationFlags.create();
  /** Commands that are not answered, in the order given. */
  readonly #wanted = new Map<string, Partial<ConversationFlags>>();
  #draft: Draft | undefined;
  /** What the server said while something was written here that it has not stored. */
  #heard: { readonly draft: Draft | undefined; readonly ownSeq: number } | undefined;
  #isWriting = false;
  #isDraftStored = false;

  get draft(): Draft | undefined {
    return this.#draft;
  }

  /** Whether the server may have a draft. */
  get isDraftStored(): boolean {
    return this.#isDraftStored;
  }

  /** The server says so, as of a seq of the own log. What is being written here comes behind it. */
  takeDraft(draft: Draft | undefined, ownSeq: number): void {
    this.#isDraftStored = draft !== undefined;
    if (this.#isWriting) this.#heard = { draft, ownSeq };
    else this.#draft = draft;
  }

  /** Written here, and not stored yet. */
  write(draft: Draft | undefined): void {
    this.#isWriting = true;
    this.#draft = draft;
  }

  /** On its way to the server. */
  sending(): void {
    if (this.#draft !== undefined) this.#isDraftStored = true;
  }

  /** What was written here is stored as that seq; 0: it was refused, or there was nothing to store. What others wrote behind it counts. */
  wrote(ownSeq: number): void {
    this.#isWriting = false;
    if (this.#heard && this.#heard.ownSeq > ownSeq) this.#draft = this.#heard.draft;
    if (ownSeq > 0) this.#isDraftStored = this.#draft !== undefined;
    this.#heard = undefined;
  }

  /** As a screen shows them. */
  get flags(): ConversationFlags {
    return Object.assign({ ...this.#said }, ...this.#wanted.values()) as ConversationFlags;
  }

  get said(): ConversationFlags {
    return this.#said;
  }

  /** The server says so. False where something newer is known. */
  take(flags: ConversationFlags): boolean {
    if (flags.ownSeq < this.#said.ownSeq) return false;
    this.#said = flags;
    return true;
  }

  /** Its place among the pinned, as of an event. */
  place(pinPlace: number, ownSeq: number): boolean {
    return this.take({ ...this.#said, pinned: true, pinPlace, ownSeq });
  }

  wants(commandId: string, change: Input<SetFlags>): void {
    const { pinned, pinPlace, muted, mutedUntilMs: until, archived, hidden, markedUnread, messageNo = 0 } = change;
    this.#wanted.set(commandId, {
      ...((archived || hidden) && { pinned: false, pinPlace: 0 }),
      ...(pinned && { archived: false, hidden: false }),
      ...(pinned !== undefined && { pinned, pinPlace: pinned ? (pinPlace ?? 1) : 0 }),
      ...(muted !== undefined && { muted, mutedUntilMs: until ?? 0 }),
      ...(archived !== undefined && { archived, archivedMessageNo: messageNo }),
      ...(hidden !== undefined && { hidden, hiddenMessageNo: messageNo }),
      ...(markedUnread !== undefined && { markedUnread }),
    });
  }

  /** Stored as that seq of the own log; 0 where it was refused. */
  done(commandId: string, ownSeq: number): void {
    const wanted = this.#wanted.get(commandId);
    this.#wanted.delete(commandId);
    if (wanted && ownSeq > 0) this.take({ ...this.#said, ...wanted, ownSeq });
  }
}
