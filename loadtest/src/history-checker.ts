/**
 * The history checker: from what each client sent, what was acknowledged, what each device saw live, and each member's full history, it
 * tells whether the promise was kept. Nothing of the system is asked; two views that disagree are a fault, whoever is right.
 */
import type { Event } from '@clatter/wire';

/** What can be wrong, with what it means. */
export const faultKinds = {
  lost: 'an acknowledged message is not in a history, or a history ends before the others',
  doubled: 'one id has two seqs',
  reordered:
    'a history or a device has another order than the others, or a sender’s messages are not in the order sent',
  altered: 'a text is not what was sent',
  phantom: 'a message that nobody sent',
  gap: 'a seq is missing, or comes twice',
  moved: 'an ack or a live event names another place than the history',
  missed: 'a device that had time for everything was never told of an event',
  miscounted: 'messageNo is not the count of messages so far',
  time: 'sentAtMs goes back',
  receipt: 'a watermark goes back, or beyond the head',
  refused: 'a message was refused that should not be',
} as const;

export type FaultKind = keyof typeof faultKinds;

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
  /** Whether each device was there from the start, was told of no gap, and has had time for everything. */
  readonly complete: boolean;
  /** By member: the whole log, as history gave it. */
  readonly histories: ReadonlyMap<string, readonly Event[]>;
  /** By device: receipts in the order in which they came. */
  readonly receipts?: ReadonlyMap<string, readonly ReceiptSeen[]>;
}

type Report = (kind: FaultKind, detail: string) => void;

/** All faults of one conversation; none is what should come back. */
export function checkConversation(record: ConversationRecord): Fault[] {
  const faults: Fault[] = [];
  const { conversationId, sent, histories, live, receipts = new Map() } = record;
  const report: Report = (kind, detail) => void faults.push({ kind, conversationId, detail });
  const byId = new Map(sent.map((message) => [key(message.senderId, message.messageId), message]));
  const [reference] = histories.values();
  if (!reference) return [{ kind: 'lost', conversationId, detail: 'no history was read' }];
  for (const [member, events] of histories) {
    const where = `history of ${member}`;
    checkNumbers(events, where, report);
    checkMessages(events, record, byId, where, report);
    checkSame(events, reference, where, report);
  }
  const placed = new Map(reference.map((event) => [event.seq, idOf(event)]));
  for (const [device, events] of live) {
    checkLive(events, placed, byId, device, report);
    if (record.complete) checkComplete(events, reference, device, report);
  }
  for (const [device, seen] of receipts) checkReceipts(seen, reference.at(-1)?.seq ?? 0, device, report);
  return faults;
}

const key = (senderId: string, messageId: string): string => `${senderId}/${messageId}`;

const idOf = (event: Event | undefined): string =>
  event === undefined
    ? 'nothing'
    : event.message
      ? key(event.senderId, event.message.messageId)
      : `event ${event.seq} of ${event.senderId}`;

function checkNumbers(events: readonly Event[], where: string, report: Report): void {
  let messages = 0;
  let sentAtMs = 0;
  for (const [index, event] of events.entries()) {
    if (event.seq !== index + 1) report('gap', `${where}: want seq ${index + 1}, got ${event.seq}`);
    if (event.message) messages++;
    if (event.messageNo !== messages)
      report('miscounted', `${where}: want messageNo ${messages} at seq ${event.seq}, got ${event.messageNo}`);
    if (event.sentAtMs < sentAtMs) report('time', `${where}: seq ${event.seq} is from before the one before it`);
    sentAtMs = event.sentAtMs;
  }
}

function checkSame(events: readonly Event[], reference: readonly Event[], where: string, report: Report): void {
  const other = events.find((event, index) => idOf(event) !== idOf(reference[index]));
  if (other)
    report(
      'reordered',
      `${where}: seq ${other.seq} is ${idOf(other)}, the others have ${idOf(reference[other.seq - 1])}`,
    );
  else if (events.length < reference.length)
    report('lost', `${where}: it ends at seq ${events.length}, the others at ${reference.length}`);
}

function checkMessages(
  events: readonly Event[],
  { sent, ordered }: ConversationRecord,
  byId: ReadonlyMap<string, SentMessage>,
  where: string,
  report: Report,
): void {
  const seqOf = new Map<string, number>();
  for (const event of events) {
    if (!event.message) continue;
    const id = idOf(event);
    if (seqOf.has(id)) report('doubled', `${where}: ${id} is seq ${seqOf.get(id)} and ${event.seq}`);
    else seqOf.set(id, event.seq);
    checkText(event, byId, where, report);
  }
  const last = new Map<string, number>();
  for (const { senderId, messageId, ackedSeq } of sent) {
    const id = key(senderId, messageId);
    const seq = seqOf.get(id);
    if (seq === undefined) {
      if (ackedSeq !== undefined)
        report('lost', `${where}: ${id} was acknowledged with seq ${ackedSeq} and is not there`);
      continue;
    }
    if (ackedSeq !== undefined && ackedSeq !== seq)
      report('moved', `${where}: ${id} was acknowledged with seq ${ackedSeq} and is at ${seq}`);
    const lane = ordered ? '' : senderId;
    const before = last.get(lane) ?? 0;
    if (seq < before) report('reordered', `${where}: ${id} at seq ${seq} was sent after what is at ${before}`);
    last.set(lane, Math.max(before, seq));
  }
}

function checkText(event: Event, byId: ReadonlyMap<string, SentMessage>, where: string, report: Report): void {
  const known = byId.get(idOf(event));
  if (!known) return report('phantom', `${where}: seq ${event.seq} is ${idOf(event)}, which nobody sent`);
  if (event.message?.edited || event.message?.deleted) return;
  if (event.message?.content?.text?.body !== known.text)
    report('altered', `${where}: the text of seq ${event.seq} is not what was sent`);
}

function checkLive(
  events: readonly Event[],
  placed: ReadonlyMap<number, string>,
  byId: ReadonlyMap<string, SentMessage>,
  device: string,
  report: Report,
): void {
  let before = 0;
  for (const event of events) {
    if (event.seq <= before) report('reordered', `${device} saw seq ${event.seq} after ${before}`);
    before = Math.max(before, event.seq);
    if (placed.get(event.seq) !== idOf(event))
      report('moved', `${device} saw ${idOf(event)} at seq ${event.seq}, the history has ${placed.get(event.seq)}`);
    else if (event.message) checkText(event, byId, device, report);
  }
}

function checkComplete(events: readonly Event[], reference: readonly Event[], device: string, report: Report): void {
  const told = new Set(events.map(({ seq }) => seq));
  for (const event of reference)
    if (!told.has(event.seq)) report('missed', `${device} was never told of seq ${event.seq}, ${idOf(event)}`);
}

function checkReceipts(receipts: readonly ReceiptSeen[], headSeq: number, device: string, report: Report): void {
  const last = new Map<string, ReceiptSeen>();
  for (const receipt of receipts) {
    const { userId, deliveredSeq, readSeq } = receipt;
    const before = last.get(userId);
    if (before && (deliveredSeq < before.deliveredSeq || readSeq < before.readSeq))
      report(
        'receipt',
        `${device}: of ${userId} from ${before.deliveredSeq}/${before.readSeq} back to ${deliveredSeq}/${readSeq}`,
      );
    if (deliveredSeq > headSeq || readSeq > headSeq)
      report('receipt', `${device}: of ${userId} is beyond the head ${headSeq}`);
    last.set(userId, receipt);
  }
}
