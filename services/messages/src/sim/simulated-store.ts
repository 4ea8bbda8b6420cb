/**
 * The MessageStore of the simulator: three replicas, quorum writes and reads, everything in between. A mutation reaches each replica at a
 * time of its own or never; a write is acknowledged when two have it; a read asks any two, not both at once. Calls time out, having
 * applied or not. The phases of a write are the caller's: where it is killed in between, the later ones never come.
 */
import type { LogRow, MessageStore, StoreBatch } from '../ports.ts';
import { timerBucketOf } from '../timer-ports.ts';
import type { Random } from './random.ts';
import { type CellRules, type Cells, type Mutation, merge, Replica } from './replicas.ts';
import type { Life, Scheduler } from './scheduler.ts';
import * as layout from './store-layout.ts';

/** Probabilities, but where a unit is named. */
export interface StoreFaults {
  /** A mutation never reaches one replica. */
  replicaMiss: number;
  /** A mutation reaches one replica late, up to a minute. */
  replicaLate: number;
  /** A write is refused before anything is sent. */
  writeRefused: number;
  /** A write stands, but its caller is told that it failed. */
  writeUnknown: number;
  /** A read fails. */
  readFails: number;
  /** A read asks its two replicas at different times. */
  readSplit: number;
  /** Nobody is answered. */
  away: boolean;
  /** All writes are refused, as by full disks. */
  writesAway: boolean;
}

export const noStoreFaults = (): StoreFaults => ({
  replicaMiss: 0,
  replicaLate: 0,
  writeRefused: 0,
  writeUnknown: 0,
  readFails: 0,
  readSplit: 0,
  away: false,
  writesAway: false,
});

/** What no store may do, and what the adapter must; each can be left out to see that it is found. */
export interface StoreRules extends CellRules {
  /** How many replicas have a write when it resolves. */
  copies: 1 | 2 | 3;
  /** The latest bucket is raised before the rows. False: some time after, and nobody waits for it. */
  raiseFirst: boolean;
  /** Projections after the log. */
  logFirst: boolean;
  /** A bucket is read in one query. */
  oneRead: boolean;
  /** Commands are found in all buckets. */
  findAll: boolean;
  /** Commands are found at all. */
  find: boolean;
}

export const storeRules = (): StoreRules => ({
  timestamps: true,
  ties: 'larger',
  copies: 2,
  raiseFirst: true,
  logFirst: true,
  oneRead: true,
  findAll: true,
  find: true,
});

export interface StoreWatcher {
  onWrite?(life: Life, batch: StoreBatch): void;
  onApply?(replica: Replica, mutation: Mutation): void;
}

const WRITE_TIMEOUT_MS = 2000;
const LATE_MS = 60_000;
/** How late the latest bucket is raised where the rule is left out. */
const RAISE_LATE_MS = 2000;

export interface SimulatedStoreParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly bucketSeqs: number;
  readonly faults: StoreFaults;
  readonly rules: StoreRules;
  readonly watcher: StoreWatcher;
}

export class SimulatedStore {
  readonly replicas: readonly Replica[];
  readonly parts: SimulatedStoreParts;

  constructor(parts: SimulatedStoreParts) {
    this.parts = parts;
    this.replicas = ['A', 'B', 'C'].map((name) => new Replica(name, parts.rules));
  }

  /** The cells that each pair of replicas would answer. */
  pairs(partition: string): Cells[] {
    const [a, b, c] = this.replicas.map((replica) => replica.partition(partition)) as [Cells, Cells, Cells];
    return [merge(a, b), merge(a, c), merge(b, c)];
  }

  /** Whether a cell of this timestamp or a later one stands at quorum, for ever. */
  stands(partition: string, name: string, timestamp: number): boolean {
    return this.replicas.filter((replica) => replica.has(partition, name, timestamp)).length >= 2;
  }

  bucketOf(seq: number): number {
    return Math.floor((seq - 1) / this.parts.bucketSeqs);
  }

  /** The store as one process sees it. */
  connect(life: Life): MessageStore {
    const { rules, watcher, bucketSeqs } = this.parts;
    const bucketOf = (seq: number): number => this.bucketOf(seq);
    const writeAll = (mutations: readonly Mutation[]): Promise<unknown> =>
      Promise.all(mutations.map((mutation) => this.#write(life, mutation)));
    const read = (partition: string): Promise<Cells> => this.#read(life, partition);
    const readBucket = async (id: string, bucket: number): Promise<LogRow[]> =>
      layout.rowsOf(await read(layout.partitions.log(id, bucket)));
    const latestBucket = async (id: string): Promise<number> =>
      layout.latestOf(await read(layout.partitions.latest(id)));

    return {
      write: async (batch) => {
        watcher.onWrite?.(life, batch);
        const marked = batch.mark ? writeAll([layout.markMutation(batch.mark)]) : undefined;
        marked?.catch(() => undefined);
        const raises = batch.logs.filter((log) => log.raisesBucket).map(layout.raiseMutation);
        const leavings = (batch.leavings ?? []).map(layout.leavingMutation);
        const logs = batch.logs.map(layout.logMutation);
        const projections = layout.projectionMutations(batch.projections, bucketOf);
        if (rules.raiseFirst) await writeAll(raises);
        else life.later('the latest bucket is raised', () => writeAll(raises).catch(() => undefined), RAISE_LATE_MS);
        if (leavings.length > 0) await writeAll(leavings);
        if (rules.logFirst) await writeAll(logs);
        else await Promise.all([writeAll(logs), writeAll(projections)]);
        if (rules.logFirst) await writeAll(projections);
        await marked;
      },
      latestBucket,
      readTail: async (id, bucket, limit) => {
        const newest = (rows: readonly LogRow[]): LogRow[] => rows.slice(-limit).reverse();
        if (rules.oneRead) return newest(await readBucket(id, bucket));
        // Page by page, each from another pair.
        const older = (await readBucket(id, bucket)).slice(0, -1);
        const last = (await readBucket(id, bucket)).at(-1);
        return newest(last ? [...older.filter((row) => row.seq < last.seq), last] : older);
      },
      findCommand: async (id, senderId, commandId, fromBucket) => {
        if (!rules.find) return undefined;
        const latest = await latestBucket(id);
        const buckets: number[] = [];
        for (let bucket = rules.findAll ? fromBucket : latest; bucket <= latest + 1; bucket++)
          if (bucket >= 0) buckets.push(bucket);
        const rows = (await Promise.all(buckets.map((bucket) => readBucket(id, bucket)))).flat();
        return rows
          .filter((row) => row.senderId === senderId && row.commandId === commandId)
          .sort((a, b) => a.position - b.position)[0];
      },
      readMemberReceipts: async (id, userIds) => {
        const rows = layout.receiptsOf(id, await read(layout.partitions.receipts(id)));
        const byUser = new Map(rows.map((row) => [row.userId, row]));
        return userIds.map((userId) => byUser.get(userId));
      },
      readRow: async (id, seq) => (await readBucket(id, bucketOf(seq))).find((row) => row.seq === seq),
      readRows: async (id, fromSeq, toSeq, limit, fromEnd) => {
        const last = bucketOf(Math.min(toSeq, ((await latestBucket(id)) + 2) * bucketSeqs));
        const first = bucketOf(Math.max(1, fromSeq));
        const found: LogRow[] = [];
        for (
          let bucket = fromEnd ? last : first;
          bucket >= first && bucket <= last && found.length < limit;
          bucket += fromEnd ? -1 : 1
        ) {
          const rows = (await readBucket(id, bucket)).filter(({ seq }) => seq >= fromSeq && seq <= toSeq);
          if (fromEnd) found.unshift(...rows);
          else found.push(...rows);
        }
        return fromEnd ? found.slice(-limit) : found.slice(0, limit);
      },
      readHeads: (ids) =>
        Promise.all(
          ids.map(async (id) => {
            // A bucket that was raised and not written yet has no head: the one before has it.
            for (let bucket = await latestBucket(id); bucket >= 0; bucket--) {
              const head = layout.headOf(await read(layout.partitions.log(id, bucket)));
              if (head) return head;
            }
            return undefined;
          }),
        ),
      readConversations: (ids) =>
        Promise.all(ids.map(async (id) => layout.conversationOf(await read(layout.partitions.conversation(id))))),
      readLate: (ids) =>
        Promise.all(ids.map(async (id) => layout.lateOf(await read(layout.partitions.conversation(id))))),
      readMembers: async (id, after, limit) =>
        layout
          .membersOf(await read(layout.partitions.members(id)))
          .filter(({ userId }) => userId > after)
          .slice(0, limit),
      readMember: async (id, userId) =>
        layout.membersOf(await read(layout.partitions.members(id))).find((row) => row.userId === userId),
      readChannelMembers: async (id, userIds) => {
        const rows = new Map(
          layout.membersOf(await read(layout.partitions.members(id))).map((row) => [row.userId, row]),
        );
        return userIds.map((userId) => rows.get(userId));
      },
      readChannels: async (userId) =>
        layout.inboxOf(await read(layout.partitions.inbox(userId))).filter(({ kind }) => kind === 'channel'),
      readInbox: async (userId, below, limit) =>
        layout
          .inboxOf(await read(layout.partitions.inbox(userId)))
          .filter(
            (row) =>
              !below ||
              row.changedAtMs < below.changedAtMs ||
              (row.changedAtMs === below.changedAtMs && row.conversationId < below.conversationId),
          )
          .sort((a, b) => b.changedAtMs - a.changedAtMs || (a.conversationId < b.conversationId ? 1 : -1))
          .slice(0, limit),
      readInboxStored: async (userId, sinceMs, after, limit) =>
        layout
          .inboxOf(await read(layout.partitions.inbox(userId)))
          .filter(({ storedAtMs, conversationId }) => storedAtMs >= sinceMs && conversationId > after)
          .sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1))
          .slice(0, limit),
      readInboxRow: async (userId, id) =>
        layout.inboxOf(await read(layout.partitions.inbox(userId))).find((row) => row.conversationId === id),
      readOwnFlags: async (userId) => layout.ownFlagsOf(await read(layout.partitions.inbox(userId))),
      readOwn: async (userId, ids) => {
        const cells = await read(layout.partitions.inbox(userId));
        return ids.map((id) => layout.ownOf(id, cells));
      },
      writeReceipts: async (rows) => void (await writeAll(rows.map(layout.receiptMutation))),
      readReceipts: (userId, ids) =>
        Promise.all(
          ids.map(async (id) =>
            layout.receiptsOf(id, await read(layout.partitions.receipts(id))).find((row) => row.userId === userId),
          ),
        ),
      readConversationReceipts: async (id) =>
        layout.receiptsOf(id, await read(layout.partitions.receipts(id))).slice(0, 500),
      readMark: async (partition) => layout.markOf(await read(layout.partitions.mark(partition))),
      readTimerBuckets: async (slots, untilBucket) => {
        const found = await Promise.all(
          slots.map(async (slot) => {
            const rows = layout.timersOf(await read(layout.partitions.timers(slot)));
            const buckets = new Set(rows.map(({ dueAtMs }) => timerBucketOf(dueAtMs)));
            return [...buckets].filter((bucket) => bucket <= untilBucket).map((bucket) => ({ slot, bucket }));
          }),
        );
        return found.flat().sort((a, b) => a.bucket - b.bucket || a.slot - b.slot);
      },
      readTimers: async ({ slot, bucket }, after, limit) =>
        layout
          .timersOf(await read(layout.partitions.timers(slot)))
          .filter((row) => timerBucketOf(row.dueAtMs) === bucket && (!after || layout.byPlace(row, after) > 0))
          .slice(0, limit),
      removeTimers: async (of, position) => void (await writeAll([layout.removeTimersMutation(of, position)])),
      close: async () => undefined,
    };
  }

  #write(life: Life, mutation: Mutation): Promise<void> {
    const { scheduler, random, faults, rules, watcher } = this.parts;
    const what = `${life.name}: store ${mutation.partition}`;
    return new Promise((resolve, reject) => {
      let settled = false;
      let cancelTimeout = (): void => undefined;
      const settle = (how: string, outcome: () => void): void => {
        if (settled) return;
        settled = true;
        cancelTimeout();
        life.later(`${what} ${how}`, outcome);
      };
      const fail = (how: string) => (): void => settle(how, () => reject(new Error(`the store ${how}`)));
      if (faults.away || faults.writesAway || random.chance(faults.writeRefused)) return fail('refused')();
      const unknown = random.chance(faults.writeUnknown);
      const miss = random.chance(faults.replicaMiss) ? random.between(0, 2) : -1;
      const late = random.chance(faults.replicaLate) ? random.between(0, 2) : -1;
      let copies = 0;
      for (const [index, replica] of this.replicas.entries()) {
        if (index === miss) continue;
        const delayMs = index === late ? random.next() * LATE_MS : undefined;
        scheduler.later(
          `replica ${replica.name} applies ${mutation.partition}`,
          () => {
            replica.apply(mutation);
            watcher.onApply?.(replica, mutation);
            if (++copies === rules.copies && !unknown) settle('stands', resolve);
          },
          delayMs,
        );
      }
      cancelTimeout = scheduler.later(
        `${what} times out`,
        fail('timed out'),
        unknown ? random.next() * WRITE_TIMEOUT_MS : WRITE_TIMEOUT_MS,
      );
    });
  }

  #read(life: Life, partition: string): Promise<Cells> {
    const { scheduler, random, faults } = this.parts;
    const what = `${life.name}: read ${partition}`;
    return new Promise((resolve, reject) => {
      const fail = (): void =>
        life.later(`${what} fails`, () => reject(new Error('the store timed out')), random.next() * WRITE_TIMEOUT_MS);
      if (faults.away || random.chance(faults.readFails)) return fail();
      const left = random.between(0, 2);
      const pair = this.replicas.filter((_, index) => index !== left);
      const snapshot = (replica: Replica): Cells => new Map(replica.partition(partition));
      const answer = (cells: Cells): void =>
        life.later(`${what}, not from ${this.replicas[left]?.name}`, () => resolve(cells));
      scheduler.later(`${what} at ${pair[0]?.name}`, () => {
        const first = snapshot(pair[0] as Replica);
        if (!random.chance(faults.readSplit)) return answer(merge(first, snapshot(pair[1] as Replica)));
        scheduler.later(`${what} at ${pair[1]?.name}`, () => answer(merge(first, snapshot(pair[1] as Replica))));
      });
    });
  }
}
