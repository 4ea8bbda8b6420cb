/**
 * What must hold after every step and at the end (DESIGN §2, §3). Watches the log, the store, the streams, the gateways and the clients, and
 * compares all of them with the reference. The first violation is kept; nothing is thrown into the code that is watched.
 */
import type { DeliveryBatch } from '@clatter/contracts/gateway';
import { StoredEvent } from '@clatter/contracts/messages';
import { type LogRecord, topics } from '@clatter/log';
import { partitionOf } from '@clatter/runtime';
import { type Event, type Input, parseServerFrame, type ServerFrame } from '@clatter/wire';
import { BUMP_MS } from '../conversation.ts';
import type { StoreBatch } from '../ports.ts';
import { checkBatch } from './batch-checks.ts';
import { checkAsOf, checkEvent, checkSecret } from './event-checks.ts';
import { Feed } from './feed.ts';
import { checkLeft, checkMarks } from './leaving-checks.ts';
import { type Judged, type Moment, Reference, type ReferenceConversation } from './reference.ts';
import type { Mutation, Replica } from './replicas.ts';
import type { Life, Scheduler } from './scheduler.ts';
import type { ClientWatcher, SimulatedClient } from './simulated-client.ts';
import type { SimulatedGateway } from './simulated-gateway.ts';
import type { SimulatedPresence } from './simulated-presence.ts';
import type { SimulatedStore } from './simulated-store.ts';
import type { Submission } from './socket.ts';
import { inboxOf, partitions, rowsOf } from './store-layout.ts';

/** A promise that was broken, by its number in the list of what a simulator checks. */
export interface Violation {
  readonly invariant: number;
  readonly text: string;
  readonly step: number;
}

export interface InvariantsParts {
  readonly scheduler: Scheduler;
  readonly store: () => SimulatedStore;
  readonly presence: SimulatedPresence;
  readonly gateways: () => readonly SimulatedGateway[];
  readonly timerSlots: () => number;
  readonly rulesKnown: ReadonlyMap<Life, number>;
}

const decoder = new TextDecoder();

export class Invariants implements ClientWatcher {
  readonly reference = new Reference();
  readonly feed = new Feed();
  violation: Violation | undefined;
  readonly #parts: InvariantsParts;
  /** What became of the command whose answer goes to a connection's ref. */
  readonly #byReply = new Map<string, Judged[]>();
  /** Rows (conversation and seq) and members (conversation, person and position) → the step at which they stood at quorum. */
  readonly #stoodAt = new Map<string, number>();
  /** Partition → how many judged records were checked as committed. */
  readonly #checkedCommits = new Map<number, number>();
  /** Gateway, connection, conversation and seq of frames that were taken. */
  readonly #taken = new Set<string>();
  /** Command → its place in what its device submitted. */
  readonly #submitted = new Map<string, { readonly device: string; readonly index: number }>();
  #submissions = 0;
  readonly #lastAppended = new Map<string, number>();
  /** Conversation and position → the version of the rules that the command there is for. */
  readonly #rules = new Map<string, number>();

  constructor(parts: InvariantsParts) {
    this.#parts = parts;
  }

  fail(invariant: number, text: string): void {
    if (this.violation) return;
    this.violation = { invariant, text, step: this.#parts.scheduler.steps };
    this.#parts.scheduler.note(`VIOLATION of ${invariant}: ${text}`);
  }

  onSubmit(client: SimulatedClient, { conversationId, commandId }: Submission): void {
    this.#submitted.set(conversationId + client.userId + commandId, {
      device: client.life.name,
      index: this.#submissions++,
    });
  }

  onAppend(record: LogRecord): void {
    if (record.topic === topics.events.name) this.feed.take(record, this.reference, (text) => this.fail(1, text));
    if (record.topic !== topics.commands.name) return;
    const judged = this.reference.take(record);
    if (!judged) return;
    const { command, verdict } = judged;
    this.#rules.set(`${command.conversationId}/${record.offset}`, Number(record.headers.rules ?? 1));
    const key = replyKey(command.replyTo?.gatewayId, command.replyTo?.connection, command.replyTo?.ref);
    const list = this.#byReply.get(key);
    if (list) list.push(judged);
    else this.#byReply.set(key, [judged]);
    this.#parts.scheduler.note(
      `  ${record.topic}/${record.partition}@${record.offset} ${command.commandId.slice(0, 8)} in ${command.conversationId.slice(-6)}: ${describeVerdict(judged)}`,
    );
    if (verdict.kind !== 'duplicate') this.#checkSessionOrder(judged);
  }

  /** 18: first copies of one device's commands keep its order. */
  #checkSessionOrder({ command }: Judged): void {
    const { conversationId, senderId, commandId } = command;
    const submitted = this.#submitted.get(conversationId + senderId + commandId);
    if (!submitted) return;
    this.#submitted.delete(conversationId + senderId + commandId);
    const key = conversationId + submitted.device;
    const last = this.#lastAppended.get(key) ?? -1;
    if (submitted.index < last)
      this.fail(18, `${commandId} of ${submitted.device} came to the log after a command that was submitted later`);
    this.#lastAppended.set(key, Math.max(last, submitted.index));
  }

  /** 5, 6, 15, 16: what is written is what the log says, by whomever and however often. */
  onWrite(life: Life, batch: StoreBatch): void {
    checkBatch(batch, this.reference, this.#parts.store(), (invariant, text) =>
      this.fail(invariant, `${life.name} writes ${text}`),
    );
    const known = this.#parts.rulesKnown.get(life) as number;
    for (const { conversationId, rows } of batch.logs)
      for (const { position } of rows) {
        const wanted = this.#rules.get(`${conversationId}/${position}`) ?? 0;
        if (wanted > known)
          this.fail(1, `${life.name} decides position ${position}, for rules ${wanted}, by rules ${known}`);
      }
  }

  onApply(_replica: Replica, { partition, cells }: Mutation): void {
    const store = this.#parts.store();
    const [table, id = ''] = partition.split('/');
    if (table === 'log') {
      const conversation = this.reference.conversation(id);
      for (const [name, { timestamp }] of cells) {
        const seq = Number(name.split('/')[1]);
        if (name.startsWith('row/') && store.stands(partition, name, timestamp)) {
          this.#stands(`${id}/${seq}`);
          for (const text of checkLeft(store, conversation, seq)) this.fail(10, text);
        }
        // A rewrite of a row that lies elsewhere comes after the row that caused it.
        if (
          name.startsWith('event/') &&
          !cells.some(([other, cell]) => other.startsWith('row/') && cell.timestamp === timestamp)
        )
          this.#checkProjected(conversation, timestamp, partition);
      }
      this.#checkGapless(conversation);
    } else if (table === 'conversation' || table === 'members') {
      const conversation = this.reference.conversation(id);
      for (const [name, { timestamp }] of checkMarks(conversation, cells, (text) => this.fail(10, text))) {
        // Of an owner's clock, and of no event.
        if (name.startsWith('stored/')) continue;
        if (store.stands(partition, name, timestamp)) this.#stands(`${id}/${name}/${timestamp}`);
        this.#checkProjected(conversation, timestamp, partition);
      }
    } else if (table === 'timers') {
      for (const [name, { timestamp }] of cells)
        if (!name.startsWith('removed/'))
          this.#checkProjected(this.reference.conversation(name.split('/')[0] as string), timestamp, partition);
    } else if (table === 'inbox')
      for (const [conversationId, { timestamp, value }] of cells)
        if (typeof value === 'object')
          this.#checkProjected(this.reference.conversation(conversationId), timestamp, partition);
  }

  /** Remembers the step at which something stood at quorum first. */
  #stands(what: string): void {
    if (!this.#stoodAt.has(what)) this.#stoodAt.set(what, this.#parts.scheduler.steps);
  }

  /** 10: no projection cell is ahead of the log that stands. */
  #checkProjected(conversation: ReferenceConversation, position: number, where: string): void {
    const moment = conversation.momentAt(position);
    if (moment?.position !== position)
      return this.fail(10, `${where} has a cell of position ${position}, which made no event`);
    if (!this.stands(conversation, moment.event.seq))
      this.fail(10, `${where} has a cell of position ${position}, whose row ${moment.event.seq} does not stand`);
  }

  /** 7: rows in one read are 1 to n. */
  #checkGapless(conversation: ReferenceConversation): void {
    const store = this.#parts.store();
    const buckets = store.bucketOf(Math.max(1, conversation.moments.length));
    const seen: number[][] = [[], [], []];
    for (let bucket = 0; bucket <= buckets; bucket++)
      for (const [pair, cells] of store.pairs(partitions.log(conversation.id, bucket)).entries())
        seen[pair]?.push(...rowsOf(cells).map(({ seq }) => seq));
    for (const seqs of seen)
      for (const [index, seq] of seqs.entries())
        if (seq !== index + 1)
          return this.fail(7, `two replicas show row ${seq} of ${conversation.id}, but not ${index + 1}`);
  }

  /** Whether a row of the reference stands at quorum. */
  stands(conversation: ReferenceConversation, seq: number): boolean {
    const store = this.#parts.store();
    const moment = conversation.moments[seq - 1];
    return (
      moment !== undefined &&
      store.stands(partitions.log(conversation.id, store.bucketOf(seq)), `row/${seq}`, moment.position)
    );
  }

  /** 1 to 4, 14: what leaves an instance is true, and stands. */
  onDeliver(life: Life, gateway: SimulatedGateway, batch: Input<DeliveryBatch>): void {
    for (const { jsonConnections = [], protoConnections = [], json, proto } of batch.deliveries ?? []) {
      if (jsonConnections.length > 0)
        this.#checkFrame(life, gateway, jsonConnections, parseServerFrame('json', decoder.decode(json)));
      if (protoConnections.length > 0)
        this.#checkFrame(life, gateway, protoConnections, parseServerFrame('proto', proto as Uint8Array));
    }
  }

  #checkFrame(
    life: Life,
    gateway: SimulatedGateway,
    connections: readonly number[],
    { ref, ack, reject, event }: ServerFrame,
  ): void {
    if (event) {
      const conversation = this.reference.conversation(event.conversationId);
      checkEvent(event, conversation, (text) => this.fail(1, `${life.name} delivers ${text}`));
      if (!this.stands(conversation, event.seq))
        this.fail(3, `${life.name} delivers seq ${event.seq} of ${event.conversationId}, which does not stand`);
      for (const number of connections) {
        const userId = gateway.sessions.get(number)?.registered?.userId;
        if (userId && !conversation.wasMember(userId, event.seq))
          this.fail(
            1,
            `${life.name} delivers seq ${event.seq} of ${event.conversationId} to ${userId}, who was no member then`,
          );
        const from = conversation.moments[event.seq - 1]?.members.get(userId ?? '')?.visibleFromSeq ?? 0;
        if (event.edited?.content && event.edited.seq < from)
          this.fail(
            1,
            `${life.name} delivers the new content of seq ${event.edited.seq} of ${event.conversationId} to ${userId}, who sees from ${from}`,
          );
      }
    }
    if (!ack && !reject) return;
    const judged = connections.flatMap((number) => this.#byReply.get(replyKey(gateway.id, number, ref)) ?? []);
    if (ack) {
      const scheduled = judged.find(({ command }) => command.schedule && command.commandId === ack.messageId);
      if (scheduled) return this.#checkScheduleAck(life, scheduled);
      const conversation = this.reference.conversation(ack.conversationId);
      const fits = judged.some(
        ({ command, verdict }) =>
          command.commandId === ack.messageId &&
          placeOf(verdict)?.seq === ack.seq &&
          placeOf(verdict)?.messageNo === ack.messageNo &&
          placeOf(verdict)?.sentAtMs === ack.sentAtMs,
      );
      if (!fits)
        this.fail(
          1,
          `${life.name} acknowledges ${ack.messageId} as seq ${ack.seq}, message ${ack.messageNo}; the log says ${judged.map(describeVerdict)}`,
        );
      if (!this.stands(conversation, ack.seq))
        this.fail(2, `${life.name} acknowledges ${ack.messageId} as seq ${ack.seq}, which does not stand`);
    } else if (reject && !judged.some(({ verdict }) => verdict.kind === 'reject' && verdict.code === reject.code))
      this.fail(
        14,
        `${life.name} rejects ref ${ref} with ${reject.code}: ${reject.message}; the log says ${judged.map(describeVerdict)}`,
      );
  }

  /** What is kept for later has no place in its conversation; in the schedule it stands. */
  #checkScheduleAck(life: Life, { command, verdict }: Judged): void {
    const place = placeOf(verdict);
    if (!place) return this.fail(1, `${life.name} acknowledges ${command.commandId}, which the log refuses`);
    if (!this.stands(this.reference.conversation(command.conversationId), place.seq))
      this.fail(2, `${life.name} acknowledges ${command.commandId}, which does not stand`);
  }

  /** The frame of a channel reached a gateway, which gave it to these connections, or has them sync. */
  onChannelTaken(gateway: SimulatedGateway, conversationId: string, seq: number, numbers: readonly number[]): void {
    for (const number of numbers) this.#taken.add(`${gateway.id}/${number}/${conversationId}/${seq}`);
  }

  onTaken(gateway: SimulatedGateway, batch: Input<DeliveryBatch>): void {
    for (const { jsonConnections = [], protoConnections = [], json, proto, channel } of batch.deliveries ?? []) {
      if (channel) continue;
      const event = (
        jsonConnections.length > 0
          ? parseServerFrame('json', decoder.decode(json))
          : parseServerFrame('proto', proto as Uint8Array)
      ).event;
      if (event)
        for (const number of [...jsonConnections, ...protoConnections])
          this.#taken.add(`${gateway.id}/${number}/${event.conversationId}/${event.seq}`);
    }
  }

  /** 8, 9, 19: what was committed stands, is projected, published, and was taken by the gateways that have its people. */
  onCommit(group: string, topic: string, partition: number, offset: number): void {
    if (group !== 'messages' || topic !== topics.commands.name) return;
    const judged = this.reference.judged.get(partition) ?? [];
    const touched = new Set<string>();
    let index = this.#checkedCommits.get(partition) ?? 0;
    for (; index < judged.length && (judged[index] as Judged).position < offset; index++) {
      const { command, position, verdict } = judged[index] as Judged;
      if (verdict.kind !== 'event') continue;
      const conversation = this.reference.conversation(command.conversationId);
      const { seq } = verdict.event;
      touched.add(conversation.id);
      const what = `offset ${position} of partition ${partition} is committed, but`;
      if (!this.stands(conversation, seq)) this.fail(8, `${what} its row ${seq} does not stand`);
      if (verdict.event.scheduled) {
        this.#checkCommittedCells(conversation, position, what);
        continue;
      }
      if (!this.feed.has(conversation.id, seq)) this.fail(8, `${what} its event ${seq} is not in the feed`);
      this.#checkCommittedCells(conversation, position, what);
      this.#checkTaken(conversation, seq, verdict.recipients, what);
    }
    this.#checkedCommits.set(partition, index);
    for (const id of touched) this.#checkInbox(this.reference.conversation(id), offset - 1);
  }

  /** 9: members and rewritten content. */
  #checkCommittedCells(conversation: ReferenceConversation, position: number, what: string): void {
    const store = this.#parts.store();
    const moment = conversation.momentAt(position);
    if (!moment) return;
    const { created, membersChanged, renamed, settingsChanged, inviteCreated, inviteRevoked } = moment.event;
    const { scheduled, edited, deleted, reacted, expired, message, pinned, unpinned } = moment.event;
    const userIds = [
      ...(created?.members ?? []),
      ...(membersChanged?.added ?? []),
      ...(membersChanged?.changed ?? []),
    ].map(({ userId }) => userId);
    const { removedIds = [], bannedIds = [], unbannedIds = [] } = membersChanged ?? {};
    for (const userId of [...userIds, ...removedIds, ...bannedIds, ...unbannedIds, ...moment.called])
      if (!store.stands(partitions.members(conversation.id), userId, position))
        this.fail(9, `${what} member ${userId} is not`);
    if (
      (created ||
        membersChanged ||
        renamed ||
        settingsChanged ||
        inviteCreated ||
        inviteRevoked ||
        pinned ||
        unpinned) &&
      !store.stands(partitions.conversation(conversation.id), 'row', position)
    )
      this.fail(9, `${what} the conversation is not`);
    const target = (edited ?? deleted ?? reacted ?? moment.event.voted ?? moment.event.pollClosed)?.seq;
    for (const seq of target === undefined ? (expired?.seqs ?? scheduled?.entrySeqs ?? []) : [target])
      if (!store.stands(partitions.log(conversation.id, store.bucketOf(seq)), `event/${seq}`, position))
        this.fail(9, `${what} its rewrite of row ${seq} is not`);
    const ended = expired?.seqs ?? (scheduled?.status === 'SENDING' ? [] : (scheduled?.entrySeqs ?? []));
    const begins = message?.expiresAtMs !== undefined || scheduled?.status === 'WAITING';
    const timed = begins ? [...ended, moment.event.seq] : ended;
    for (const seq of timed)
      if (
        !store.stands(
          partitions.timers(partitionOf(conversation.id, this.#parts.timerSlots())),
          `${conversation.id}/${seq}`,
          position,
        )
      )
        this.fail(9, `${what} the timer of row ${seq} is not`);
  }

  /** 9: the last activity lies within a minute after each member's inbox row, or the walk by change misses it. */
  #checkInbox(conversation: ReferenceConversation, position: number): void {
    const moment = conversation.momentAt(position);
    if (!moment) return;
    for (const [userId, member] of moment.members) {
      if (member.joinedSeq === 0) continue;
      const last = conversation.moments[(member.removedSeq || moment.event.seq) - 1]?.event.sentAtMs as number;
      for (const cells of this.#parts.store().pairs(partitions.inbox(userId))) {
        const row = inboxOf(cells).find(({ conversationId }) => conversationId === conversation.id);
        if (!row) this.fail(9, `offset ${position} is committed, but ${userId} has no inbox row of ${conversation.id}`);
        // A channel is found by its true head.
        else if (conversation.kind !== 'channel' && last >= row.changedAtMs + BUMP_MS)
          this.fail(
            9,
            `offset ${position} is committed, but the inbox of ${userId} has ${conversation.id} at ${row.changedAtMs}, its last activity is ${last}`,
          );
        else if (member.role === 'none' && row.removedSeq === 0 && row.position < position)
          this.fail(9, `offset ${position} is committed, but the inbox of ${userId} does not know of the removal`);
      }
    }
  }

  /** 19: by its frame, or by a resync after it stood; connections that came later see it in their sync. */
  #checkTaken(conversation: ReferenceConversation, seq: number, recipients: ReadonlySet<string>, what: string): void {
    const stoodAt = this.#stoodAt.get(`${conversation.id}/${seq}`) as number;
    for (const gateway of this.#parts.gateways()) {
      if (
        gateway.life.state === 'dead' ||
        gateway.resyncedAt >= stoodAt ||
        !this.#parts.presence.seenLately(gateway.id)
      )
        continue;
      const interested = this.#parts.presence.interestedSince(gateway.id, conversation.id);
      for (const { number, registered, welcomedAt } of gateway.sessions.values()) {
        const since = this.#parts.presence.registeredSince(gateway.id, number);
        // Who came to a channel before was told of it once its gateway had asked.
        const isChannel = conversation.kind === 'channel';
        if (isChannel && !(interested && interested.step < stoodAt && welcomedAt < stoodAt)) continue;
        if (!registered || !recipients.has(registered.userId) || !since || since.step >= stoodAt) continue;
        // Who was removed and added again since sees nothing from before that; a replay leaves it out.
        if (seq < (conversation.members.get(registered.userId)?.joinedSeq ?? 0)) continue;
        if (!this.#taken.has(`${gateway.id}/${number}/${conversation.id}/${seq}`))
          this.fail(19, `${what} ${gateway.id} took neither event ${seq} for connection ${number} nor a ResyncAll`);
      }
    }
  }

  /** 21. */
  onKnown(client: SimulatedClient, conversationId: string, seq: number): void {
    const held = client.held(conversationId);
    for (let i = held.floor + 1; i <= seq; i++)
      if (!held.events.has(i))
        return this.fail(21, `${client.life.name} reports ${seq} of ${conversationId} as known and does not hold ${i}`);
  }

  /** A page that leaves seqs out says that they were before the viewer's time. */
  onSkip(client: SimulatedClient, conversationId: string, afterSeq: number, seq: number): void {
    const conversation = this.reference.conversation(conversationId);
    const joins = conversation.moments.some(({ members }) => members.get(client.userId)?.visibleFromSeq === seq);
    if (!joins)
      this.fail(
        20,
        `${client.life.name} asked for ${conversationId} after ${afterSeq} and got ${seq}, though it was a member before`,
      );
  }

  onEvent(client: SimulatedClient, event: Event, askedAt?: number): void {
    const conversation = this.reference.conversation(event.conversationId);
    checkEvent(event, conversation, (text) => this.fail(1, `${client.life.name} is shown ${text}`));
    checkSecret(event, conversation, client.userId, (text) => this.fail(20, text));
    if (event.edited?.content && !conversation.everSaw(client.userId, event.edited.seq))
      this.fail(1, `${client.life.name} is shown the new content of seq ${event.edited.seq}, which it may not see`);
    if (askedAt !== undefined) this.#checkEnded(client, conversation, event, askedAt);
    if (
      askedAt === undefined
        ? conversation.wasMember(client.userId, event.seq)
        : conversation.everSaw(client.userId, event.seq)
    )
      return;
    // A question may overtake the removal of who asks it.
    const removal = conversation.lastRemoval(client.userId, event.seq);
    const knownAt = removal && this.#stoodAt.get(`${conversation.id}/${client.userId}/${removal.position}`);
    if (removal && askedAt !== undefined && (knownAt === undefined || knownAt > askedAt)) return;
    this.fail(
      1,
      `${client.life.name} is shown seq ${event.seq} of ${event.conversationId}, though it was no member then`,
    );
  }

  /** What a former member still learns is as it was when they went. */
  #checkEnded(client: SimulatedClient, conversation: ReferenceConversation, event: Event, askedAt: number): void {
    if (conversation.members.get(client.userId)?.role !== 'none') return;
    const removal = conversation.lastRemoval(client.userId, Number.MAX_SAFE_INTEGER) as Moment;
    const knownAt = this.#stoodAt.get(`${conversation.id}/${client.userId}/${removal.position}`);
    if (knownAt === undefined || knownAt > askedAt) return;
    checkAsOf(event, conversation, removal.position, (text) => this.fail(1, `${client.life.name} is shown ${text}`));
  }

  onAnswer(client: SimulatedClient, { conversationId, commandId, schedule }: Submission, { ack }: ServerFrame): void {
    if (ack && !schedule && (ack.conversationId !== conversationId || ack.messageId !== commandId))
      this.fail(1, `${client.life.name} gets an ack of another command`);
  }

  /** Messages that are to disappear before a time, and are still there. */
  toDisappear(beforeMs: number): string[] {
    return [...this.reference.conversations.values()].flatMap((conversation) =>
      conversation.toDisappear(beforeMs).map((seq) => `row ${seq} of ${conversation.id} has not disappeared`),
    );
  }

  /** Messages that are to be sent before a time, and of which nobody knows yet what became of them. */
  toSend(beforeMs: number): string[] {
    return [...this.reference.conversations.values()].flatMap((schedule) =>
      schedule.schedule.scheduled.flatMap(({ messageId, seq, status }) => {
        const dueMs = schedule.storedAt(seq)?.stored.event?.scheduled?.sendAtMs ?? 0;
        return status !== 'FAILED' && dueMs < beforeMs ? [`${messageId} has not been sent`] : [];
      }),
    );
  }

  /** 22: what a schedule says was sent is there once, and what it says failed is not. */
  checkSent(): void {
    for (const { moments } of this.reference.conversations.values())
      for (const { event } of moments) {
        const { messageId, status, conversationId, seq } = event.scheduled ?? {};
        if (status !== 'SENT' && status !== 'FAILED') continue;
        const conversation = this.reference.conversation(conversationId as string);
        const there = conversation.moments.filter(
          (moment) => moment.event.message?.messageId === messageId && moment.event.senderId === event.senderId,
        );
        if (status === 'SENT' && (there.length !== 1 || there[0]?.event.seq !== seq))
          return this.fail(
            22,
            `${messageId} was sent as seq ${seq}, and is there as [${there.map((m) => m.event.seq)}]`,
          );
        if (there.length > 1) return this.fail(22, `${messageId} is there ${there.length} times`);
      }
  }

  /** 20: nothing is under way, so everybody holds everything. */
  atRest(clients: readonly SimulatedClient[]): void {
    for (const client of clients)
      for (const conversation of this.reference.conversations.values()) {
        const visible = conversation.visibleTo(client.userId);
        if (!visible) continue;
        const held = client.conversations.get(conversation.id);
        // Who is no member any more learns nothing of what the device never held.
        if (!held && conversation.members.get(client.userId)?.role === 'none') continue;
        // What was not to be had in an earlier stay, and is in this one, is there for who looks back.
        for (let seq = Math.max(visible.from, (held?.floor ?? 0) + 1); seq <= visible.to; seq++)
          if (!held?.events.has(seq))
            return this.fail(
              20,
              `${client.life.name} is online, nothing is under way, and it does not hold ${seq} of ${conversation.id} (1..${visible.to})`,
            );
      }
  }

  /** A row's event as it is now. */
  nowAt(conversation: ReferenceConversation, seq: number): StoredEvent {
    return conversation.storedAt(seq)?.stored ?? StoredEvent.create();
  }
}

const replyKey = (gatewayId = '', connection = 0, ref = 0): string => `${gatewayId}/${connection}/${ref}`;

const placeOf = (verdict: Judged['verdict']): { seq: number; messageNo: number; sentAtMs: number } | undefined =>
  verdict.kind === 'event' ? verdict.event : verdict.kind === 'duplicate' ? verdict.first : undefined;

function describeVerdict({ verdict }: Judged): string {
  if (verdict.kind === 'event') return `seq ${verdict.event.seq}`;
  return verdict.kind === 'duplicate' ? `repeat of seq ${verdict.first.seq}` : `reject ${verdict.code}`;
}
