/** What a schedule's log means, as plainly as the rest of the reference; it shares no code with the rules that are compared with it. */
import type { Command, StoredEvent } from '@clatter/contracts/messages';
import { type Event, ScheduledMessage } from '@clatter/wire';

export interface ReferenceScheduled {
  readonly messageId: string;
  /** Of the row with its content. */
  readonly seq: number;
  readonly status: ScheduledMessage['status'];
}

export interface ScheduleLists {
  readonly scheduled: ReferenceScheduled[];
  readonly isDropped: boolean;
}

type Outcome =
  | { readonly kind: 'reject'; readonly code: string }
  | { readonly body: Partial<Event>; readonly rewrites: { seq: number; stored: StoredEvent }[] };

const YEAR_MS = 366 * 86_400_000;
const reject = (code: string): Outcome => ({ kind: 'reject', code });

export function decideScheduled(
  { scheduled, isDropped }: ScheduleLists,
  storedAt: (seq: number) => StoredEvent | undefined,
  command: Command,
  atMs: number,
): Outcome {
  const { add, change, cancel, fire, report, drop } = command.schedule as NonNullable<Command['schedule']>;
  const isSoon = (ms: number): boolean => ms > atMs && ms <= atMs + YEAR_MS;
  const rewrite = (seq: number, be: Partial<ScheduledMessage>): { seq: number; stored: StoredEvent } => {
    const stored = storedAt(seq) as StoredEvent;
    const event = stored.event as Event;
    return {
      seq,
      stored: { ...stored, event: { ...event, scheduled: { ...(event.scheduled as ScheduledMessage), ...be } } },
    };
  };
  const blank = { content: undefined, replyToSeq: undefined };
  if (drop) {
    const entrySeqs = scheduled.map(({ seq }) => seq);
    if (entrySeqs.length === 0) return reject('NOT_FOUND');
    const news = ScheduledMessage.create({ status: 'CANCELLED', reason: 'ACCOUNT_DELETED', entrySeqs });
    return {
      body: { scheduled: news },
      rewrites: entrySeqs.map((seq) => rewrite(seq, { ...blank, status: 'CANCELLED' })),
    };
  }
  if (isDropped) return reject('FORBIDDEN');
  if (add) {
    if (scheduled.some(({ messageId }) => messageId === add.messageId)) return reject('CONFLICT');
    if (scheduled.length >= 100) return reject('TOO_LARGE');
    if (!isSoon(add.sendAtMs)) return reject('INVALID');
    return { body: { scheduled: { ...add, status: 'WAITING', entrySeqs: [] } }, rewrites: [] };
  }
  const wanted = (change ?? cancel ?? fire ?? report)?.messageId;
  const entry = scheduled.find(({ messageId }) => messageId === wanted);
  const row = entry && storedAt(entry.seq)?.event?.scheduled;
  if (!entry || !row) return reject('NOT_FOUND');
  const { messageId, conversationId, sendAtMs } = row;
  const entrySeqs = [entry.seq];
  const becomes = (news: Partial<ScheduledMessage>, be: Partial<ScheduledMessage>): Outcome => ({
    body: { scheduled: ScheduledMessage.create({ messageId, conversationId, sendAtMs, entrySeqs, ...news }) },
    rewrites: [rewrite(entry.seq, be)],
  });
  if (report) {
    const { seq, reason } = report;
    const counts = entry.status === 'SENDING' || (entry.status === 'FAILED' && reason === undefined);
    if (!counts || report.entrySeq !== entry.seq) return reject('CONFLICT');
    if (reason !== undefined) return becomes({ status: 'FAILED', reason }, { status: 'FAILED', reason });
    return becomes({ status: 'SENT', seq }, { ...blank, status: 'SENT' });
  }
  if (fire) {
    if (entry.status !== 'WAITING' || fire.entrySeq !== entry.seq || sendAtMs > atMs) return reject('CONFLICT');
    return becomes({ status: 'SENDING' }, { status: 'SENDING' });
  }
  if (entry.status === 'SENDING') return reject('CONFLICT');
  if (cancel) return becomes({ status: 'CANCELLED' }, { ...blank, status: 'CANCELLED' });
  const nextMs = change?.sendAtMs ?? sendAtMs;
  if (!isSoon(nextMs)) return reject('INVALID');
  const content = change?.content ?? row.content;
  return {
    body: { scheduled: { ...row, content, sendAtMs: nextMs, status: 'WAITING', reason: undefined, entrySeqs } },
    rewrites: [rewrite(entry.seq, { ...blank, status: 'CANCELLED' })],
  };
}

export function scheduleAfter({ scheduled, isDropped }: ScheduleLists, { seq, scheduled: news }: Event): ScheduleLists {
  if (!news) return { scheduled, isDropped };
  if (news.messageId === '') return { scheduled: [], isDropped: true };
  const others = scheduled.filter(({ messageId }) => messageId !== news.messageId);
  const { messageId, status } = news;
  if (status === 'SENT' || status === 'CANCELLED') return { scheduled: others, isDropped };
  const place = status === 'WAITING' ? seq : (news.entrySeqs[0] as number);
  return { scheduled: [...others, { messageId, seq: place, status }], isDropped };
}
