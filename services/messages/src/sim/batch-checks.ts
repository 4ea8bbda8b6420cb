/** Whether what an instance writes is what the log says, cell for cell. So every instance writes the same at the same offset. */
import { StoredConversation, StoredEvent } from '@clatter/contracts/messages';
import type { Member } from '@clatter/wire';
import type { ConversationRow, InboxRow, LogMutation, LogRow, MemberRow, Rewrite, StoreBatch } from '../ports.ts';
import type { TimerRow } from '../timer-ports.ts';
import type { Moment, Reference, ReferenceConversation } from './reference.ts';
import type { SimulatedStore } from './simulated-store.ts';

type Fail = (invariant: number, text: string) => void;

export function checkBatch(
  { logs, projections }: StoreBatch,
  reference: Reference,
  store: SimulatedStore,
  fail: Fail,
): void {
  for (const log of logs) checkLog(log, reference.conversation(log.conversationId), store, fail);
  for (const row of projections.conversations) checkConversation(row, reference.conversation(row.conversationId), fail);
  for (const row of projections.members) checkMember(row, reference.conversation(row.conversationId), fail);
  for (const row of projections.inbox) checkInbox(row, reference.conversation(row.conversationId), fail);
  for (const rewrite of projections.rewrites)
    checkVersion(rewrite, reference.conversation(rewrite.conversationId), fail);
  for (const row of projections.timers) checkTimer(row, reference.conversation(row.conversationId), fail);
}

function checkTimer({ seq, dueAtMs, done, position }: TimerRow, conversation: ReferenceConversation, fail: Fail): void {
  const what = `the timer of row ${seq} of ${conversation.id} at position ${position}`;
  const moment = conversation.momentAt(position);
  if (moment?.position !== position) return fail(6, `${what}, which made no event`);
  const { message, scheduled: set } = conversation.moments[seq - 1]?.event ?? {};
  if ((message?.expiresAtMs ?? set?.sendAtMs) !== dueAtMs) fail(15, `${what} as due at ${dueAtMs}`);
  const { expired, deleted, scheduled } = moment.event;
  const isFinal = scheduled?.entrySeqs.includes(seq) && scheduled.status !== 'SENDING';
  const over = (expired?.seqs.includes(seq) ?? false) || deleted?.seq === seq || isFinal;
  if (done ? !over : moment.event.seq !== seq) fail(15, `${what} as ${done ? 'done' : 'set'}`);
}

function checkLog(
  { bucket, raisesBucket, rows, rewrites, head }: LogMutation,
  conversation: ReferenceConversation,
  store: SimulatedStore,
  fail: Fail,
): void {
  const where = `${conversation.id}, bucket ${bucket}`;
  for (const { seq } of [...rows, ...rewrites]) if (store.bucketOf(seq) !== bucket) fail(16, `seq ${seq} to ${where}`);
  for (const list of [rows, rewrites])
    if (new Set(list.map(({ seq }) => seq)).size < list.length) fail(16, `one cell twice in ${where}`);
  if (rows.some(({ seq }) => (seq - 1) % store.parts.bucketSeqs === 0) && !raisesBucket)
    fail(16, `the first row of ${where} without raising it`);
  for (const row of rows) checkRow(row, conversation, fail);
  for (const rewrite of rewrites) checkVersion(rewrite, conversation, fail);
  const last = rows.at(-1) as LogRow;
  if (
    head.seq !== last.seq ||
    head.messageNo !== last.messageNo ||
    head.position !== last.position ||
    head.sentAtMs !== last.sentAtMs
  )
    fail(6, `a head of ${where} that is not its last row`);
}

function checkRow(row: LogRow, conversation: ReferenceConversation, fail: Fail): void {
  const { seq, position } = row;
  const moment = conversation.moments[seq - 1];
  const what = `row ${seq} of ${conversation.id} at position ${position}`;
  if (!moment) return fail(6, `${what}, which the log does not have`);
  const { event, commandId } = moment;
  const senderId = conversation.storedAt(row.seq)?.stored.vote?.userId ?? event.senderId;
  if (moment.position !== position || commandId !== row.commandId || senderId !== row.senderId)
    return fail(5, `${what} for ${row.commandId}; the log says ${commandId} at position ${moment.position}`);
  if (event.messageNo !== row.messageNo || event.sentAtMs !== row.sentAtMs)
    fail(
      6,
      `${what} as message ${row.messageNo} at ${row.sentAtMs}; the log says ${event.messageNo} at ${event.sentAtMs}`,
    );
  checkVersion(row, conversation, fail);
}

function checkVersion({ seq, event, eventPosition }: Rewrite, conversation: ReferenceConversation, fail: Fail): void {
  const version = conversation.storedAt(seq, eventPosition);
  const what = `row ${seq} of ${conversation.id} as of position ${eventPosition}`;
  if (version?.position !== eventPosition)
    return fail(
      6,
      `${what}; the log's versions are of ${conversation.versions[seq - 1]?.map(({ position }) => position)}`,
    );
  if (Buffer.compare(event, StoredEvent.encode(version.stored)) !== 0)
    fail(
      15,
      `${what} with ${JSON.stringify(StoredEvent.decode(event))}; the log says ${JSON.stringify(version.stored)}`,
    );
}

function checkConversation(row: ConversationRow, conversation: ReferenceConversation, fail: Fail): void {
  const moment = conversation.momentAt(row.position);
  const what = `conversation ${conversation.id} at position ${row.position}`;
  if (moment?.position !== row.position) return fail(6, `${what}, which made no event`);
  const created = conversation.moments[0]?.event;
  if (
    row.title !== moment.title ||
    row.description !== moment.description ||
    row.kind !== conversation.kind ||
    !sameDetails(row.details, moment, conversation.kind === 'channel') ||
    row.createdAtMs !== created?.sentAtMs
  )
    fail(15, `${what} as ${JSON.stringify(row)}; the log says ${moment.title}, ${moment.description}`);
  // An owner that takes over may have loaded newer members than the row that it writes again; a later row mends it.
  const counts = conversation.moments
    .filter(({ position }) => position >= row.position)
    .map(({ members }) => [...members.values()].filter(({ role }) => role !== 'none').length);
  // Of a channel it is all that there is: it says so exactly.
  if (conversation.kind === 'channel' ? counts[0] !== row.memberCount : !counts.includes(row.memberCount))
    fail(15, `${what} with ${row.memberCount} members; the log says ${counts}`);
}

/** Settings, invites, picture; of a channel who manages it, in any order, and how many are banned. */
function sameDetails(details: Uint8Array, moment: Moment, isChannel: boolean): boolean {
  const byId = (a: Member, b: Member): number => (a.userId < b.userId ? -1 : 1);
  const stored = StoredConversation.decode(details);
  const people = isChannel ? [...moment.members] : [];
  const managers = people
    .filter(([, { role }]) => role === 'owner' || role === 'admin')
    .map(([userId, { role, joinedSeq, visibleFromSeq }]) => ({ userId, role, joinedSeq, visibleFromSeq }));
  const bannedCount = people.filter(([, { banned }]) => banned).length;
  const expected = StoredConversation.encode({ ...moment, managers: managers.sort(byId), bannedCount });
  return Buffer.compare(StoredConversation.encode({ ...stored, managers: stored.managers.sort(byId) }), expected) === 0;
}

function checkMember(
  { userId, role, joinedSeq, visibleFromSeq, removedSeq, banned, mentionSeqs, position }: MemberRow,
  conversation: ReferenceConversation,
  fail: Fail,
): void {
  const moment = conversation.momentAt(position);
  const what = `member ${userId} of ${conversation.id} at position ${position}`;
  const expected = moment?.members.get(userId);
  if (moment?.position !== position || !expected) return fail(6, `${what}, which did not make them one`);
  const got = `${role} ${joinedSeq}..${removedSeq}, sees from ${visibleFromSeq}, banned: ${banned}, called by ${mentionSeqs}`;
  const wanted = `${expected.role} ${expected.joinedSeq}..${expected.removedSeq}, sees from ${expected.visibleFromSeq}, banned: ${expected.banned}, called by ${expected.mentionSeqs}`;
  if (got !== wanted) fail(15, `${what} as ${got}; the log says ${wanted}`);
}

function checkInbox(
  { userId, position, changedAtMs, joinedSeq, visibleFromSeq, removedSeq, peerId, kind }: InboxRow,
  conversation: ReferenceConversation,
  fail: Fail,
): void {
  const moment = conversation.momentAt(position);
  const what = `inbox of ${userId}, ${conversation.id} at position ${position}`;
  if (moment?.position !== position) return fail(6, `${what}, which made no event`);
  if (changedAtMs !== moment.event.sentAtMs)
    fail(15, `${what} changed at ${changedAtMs}; the log says ${moment.event.sentAtMs}`);
  const others = [...moment.members.keys()].filter((id) => id !== userId);
  if (kind !== conversation.kind || peerId !== (kind === 'direct' ? (others[0] ?? userId) : ''))
    fail(15, `${what} as ${kind} with ${peerId}`);
  // As with a conversation's member count: newer membership, mended by a later row.
  const fits = conversation.moments.some(
    (later) =>
      later.position >= position &&
      later.members.get(userId)?.joinedSeq === joinedSeq &&
      later.members.get(userId)?.visibleFromSeq === visibleFromSeq &&
      later.members.get(userId)?.removedSeq === removedSeq,
  );
  if (!fits) fail(15, `${what} as ${joinedSeq}..${removedSeq}, which they never were`);
}
