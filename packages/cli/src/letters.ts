/** Reads clatter.dead from its beginning to where it ended when the reading began, a batch at a time: it may be of any size. */
import { DeadLetter } from '@clatter/contracts/messages';
import { type EventLog, type LogRecord, topics } from '@clatter/log';
import type { Clock } from '@clatter/runtime';
import { type Address, addressOf } from './address.ts';

const TOPIC = topics.dead.name;
/** Letters in one batch, each of which may have a whole command in it. */
const BATCH_RECORDS_MAX = 100;
/** Where nothing comes for so long, the log is given up. */
const STALL_MS = 15_000;
const LOOK_MS = 250;

/** A record of clatter.dead. */
export interface StoredLetter extends Address {
  /** When it was appended to clatter.dead, by the log's time. */
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent for a record that is none; then `fault` says why. */
  readonly letter?: DeadLetter;
  readonly fault?: string;
}

/** @param take is given one letter after the other; the reading ends early where it answers `false` */
export async function readLetters(
  log: EventLog,
  clock: Clock,
  take: (letter: StoredLetter) => boolean | Promise<boolean>,
): Promise<void> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let movedMs = clock.nowMs();
  let enough = false;
  const consumer = log.consume({
    group: 'clatter-cli',
    topics: [TOPIC],
    start: 'beginning',
    ephemeral: true,
    batchRecordsMax: BATCH_RECORDS_MAX,
    assign: async ({ endOffset }) => ({
      async onBatch(records) {
        for (const record of records) {
          if (enough || record.offset >= endOffset) return;
          enough = !(await take(storedLetter(record)));
          movedMs = clock.nowMs();
        }
        if (enough) resolve();
      },
      stop: async () => undefined,
    }),
    onHalt: (_topic, partition, error) =>
      reject(new Error(`partition ${partition} of ${TOPIC} cannot be read: ${(error as Error).message}`)),
  });
  let cancel = (): void => undefined;
  const watch = (): void => {
    cancel = clock.timer(LOOK_MS, () => {
      if (clock.nowMs() - movedMs < STALL_MS) return watch();
      reject(new Error(log.health().reason || `${TOPIC} cannot be read: nothing came in ${STALL_MS / 1000} s`));
    });
  };
  watch();
  consumer.ready().then(resolve, reject);
  try {
    await ended;
  } finally {
    cancel();
    await consumer.close();
  }
}

/** The letter at an address. Rejects where there is none. */
export async function findLetter(log: EventLog, clock: Clock, address: Address): Promise<StoredLetter> {
  const { partition, offset } = address;
  const partitions = log.partitions(TOPIC);
  if (partition >= partitions)
    throw new Error(`${TOPIC} has partitions 0 to ${partitions - 1}: there is no letter at ${addressOf(address)}`);
  let found: StoredLetter | undefined;
  let first: number | undefined;
  let last: number | undefined;
  await readLetters(log, clock, (letter) => {
    if (letter.partition !== partition) return true;
    first ??= letter.offset;
    last = letter.offset;
    if (letter.offset === offset) found = letter;
    return !found;
  });
  if (found) return found;
  const there = first === undefined ? 'is empty' : `has offsets ${first} to ${last}`;
  throw new Error(`there is no letter at ${addressOf(address)}: partition ${partition} of ${TOPIC} ${there}`);
}

function storedLetter({ partition, offset, timestampMs, headers, value }: LogRecord): StoredLetter {
  const stored = { partition, offset, timestampMs, headers };
  try {
    return { ...stored, letter: DeadLetter.decode(value) };
  } catch (error) {
    return { ...stored, fault: `no dead letter: ${(error as Error).message}` };
  }
}
