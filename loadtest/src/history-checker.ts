/**
 * The history checker: from what each client sent, what was acknowledged, what each device saw live, and each member's full history, it
 * tells whether the promise was kept. Nothing of the system is asked; two views that disagree are a fault, whoever is right.
 */
import type { Event } from '@clatter/wire';

export type FaultKind =
  /** An acknowledged message is not in a history. */
  | 'lost'
  /** One id under two seqs. */
  | 'doubled'
  /** A history, or a device, has another order than the others; or a sender's own messages are not in the order sent. */
  | 'reordered'
  /** A text is not what was sent. */
  | 'altered'
  /** A message that nobody sent. */
  | 'phantom'
  /** A seq is missing, or comes twice. */
  | 'gap'
  /** An ack, or a live event, names another place than the history. */
  | 'moved'
  /** A read or delivered watermark went back. */
  | 'receipt';

export interface Fault {
  readonly kind: FaultKind;
  readonly conversationId: string;
  readonly detail: string;
}

export interface SentMessage {
  readonly messageId: string;
  readonly senderId: string;
  readonly text: string;
  /** Of the acknowledgement; undefined where there was none. */
  readonly ackedSeq?: number | undefined;
}

export interface ReceiptSeen {
  readonly userId: string;
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

export interface ConversationRecord {
  readonly conversationId: string;
  /** By sender in the order sent. */
  readonly sent: readonly SentMessage[];
  /** Whether all of `sent` wait for each other, so that the whole order is known and not each sender's alone. */
  readonly ordered: boolean;
  /** By device: the events in the order in which they came. */
  readonly live: ReadonlyMap<string, readonly Event[]>;
  /** By member: the whole log, as history gave it. */
  readonly histories: ReadonlyMap<string, readonly Event[]>;
  /** In the order in which they came at one device. */
  readonly receipts?: readonly ReceiptSeen[];
}

/** All faults of one conversation; none is what should come back. */
export function checkConversation(record: ConversationRecord): Fault[] {
  const faults: Fault[] = [];
  const { conversationId, sent, histories, live } = record;
  const fault = (kind: FaultKind, detail: string): void => void faults.push({ kind, conversationId, detail });
  const bySender = new Map(sent.map((message) => [key(message.senderId, message.messageId), message]));
  const [reference] = histories.values();
  if (!reference) return [{ kind: 'lost', conversationId, detail: 'no history was read' }];

  for (const [member, events] of histories) {
    checkGapless(events, `history of ${member}`, fault);
    checkMessages(events, record, bySender, `history of ${member}`, fault);
    const other = events.find((event, index) => idOf(event) !== idOf(reference[index]));
    if (other)
      fault(
        'reordered',
        `history of ${member}: seq ${other.seq} is ${idOf(other)}, the others have ${idOf(reference[other.seq - 1])}`,
      );
  }
  const placed = new Map(reference.map((event) => [event.seq, idOf(event)]));
  for (const [device, events] of live) {
    let before = 0;
    for (const event of events) {
      if (event.seq <= before) fault('reordered', `${device} saw seq ${event.seq} after ${before}`);
      before = Math.max(before, event.seq);
      if (placed.get(event.seq) !== idOf(event))
        fault('moved', `${device} saw ${idOf(event)} at seq ${event.seq}, the history has ${placed.get(event.seq)}`);
    }
  }
  checkReceipts(record.receipts ?? [], reference.at(-1)?.seq ?? 0, fault);
  return faults;
}

type Report = (kind: FaultKind, detail: string) => void;

const key = (senderId: string, messageId: string): string => `${senderId}/${messageId}`;

const idOf = (event: Event | undefined): string =>
  event === undefined
    ? 'nothing'
    : event.message
      ? key(event.senderId, event.message.messageId)
      : `event ${event.seq} of ${event.senderId}`;

function checkGapless(events: readonly Event[], where: string, fault: Report): void {
  events.forEach((event, index) => {
    if (event.seq !== index + 1) fault('gap', `${where}: want seq ${index + 1}, got ${event.seq}`);
  });
}

function checkMessages(
  events: readonly Event[],
  { sent, ordered }: ConversationRecord,
  bySender: ReadonlyMap<string, SentMessage>,
  where: string,
  fault: Report,
): void {
  const seqOf = new Map<string, number>();
  for (const event of events) {
    if (!event.message) continue;
    const id = idOf(event);
    const known = bySender.get(id);
    if (seqOf.has(id)) fault('doubled', `${where}: ${id} is seq ${seqOf.get(id)} and ${event.seq}`);
    else seqOf.set(id, event.seq);
    if (!known) fault('phantom', `${where}: seq ${event.seq} is ${id}, which nobody sent`);
    else if (!event.message.edited && !event.message.deleted && event.message.content?.text?.body !== known.text)
      fault('altered', `${where}: the text of seq ${event.seq} is not what was sent`);
  }
  const last = new Map<string, number>();
  for (const message of sent) {
    const id = key(message.senderId, message.messageId);
    const seq = seqOf.get(id);
    if (seq === undefined) {
      if (message.ackedSeq !== undefined)
        fault('lost', `${where}: ${id} was acknowledged with seq ${message.ackedSeq} and is not there`);
      continue;
    }
    if (message.ackedSeq !== undefined && message.ackedSeq !== seq)
      fault('moved', `${where}: ${id} was acknowledged with seq ${message.ackedSeq} and is at ${seq}`);
    const lane = ordered ? '' : message.senderId;
    const before = last.get(lane) ?? 0;
    if (seq < before) fault('reordered', `${where}: ${id} at seq ${seq} was sent after what is at ${before}`);
    last.set(lane, Math.max(before, seq));
  }
}

function checkReceipts(receipts: readonly ReceiptSeen[], headSeq: number, fault: Report): void {
  const last = new Map<string, ReceiptSeen>();
  for (const receipt of receipts) {
    const before = last.get(receipt.userId);
    if (before && (receipt.deliveredSeq < before.deliveredSeq || receipt.readSeq < before.readSeq))
      fault(
        'receipt',
        `of ${receipt.userId} went back from ${before.deliveredSeq}/${before.readSeq} to ${receipt.deliveredSeq}/${receipt.readSeq}`,
      );
    if (receipt.deliveredSeq > headSeq || receipt.readSeq > headSeq)
      fault('receipt', `of ${receipt.userId} is beyond the head ${headSeq}`);
    last.set(receipt.userId, receipt);
  }
}
