/** The one table of topics: every adapter creates them from it. Retention 0: as long as the disk lasts. */

export interface Topic {
  readonly name: string;
  /** Partitions on Kafka by default (`topicsOf`); the embedded log uses one of each, since one process owns them all. */
  readonly partitions: number;
  readonly retentionMs: number;
  /**
   * In the embedded log, where it differs. There a record is only kept for readers of its own process, which never go further back than
   * what they committed, on the disk that has the messages too; and no topic takes more than 256 MiB beyond that.
   */
  readonly embeddedRetentionMs?: number;
  /** Whether a send waits for every in-sync replica (`all`), or for the leader only (small news that may be lost). */
  readonly acks: 'all' | 'leader';
  /**
   * On Kafka, reads that bring something follow each other no closer than this. The broker looks at each partition of a reader for each
   * of its reads, so what nobody waits for is read seldom. Absent: 8.
   */
  readonly lingerMs?: number;
  readonly purpose: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const topics = {
  commands: {
    name: 'clatter.commands',
    partitions: 256,
    retentionMs: 7 * DAY,
    embeddedRetentionMs: HOUR,
    acks: 'all',
    purpose: 'what people want to change, by conversation',
  },
  signals: {
    name: 'clatter.signals',
    partitions: 64,
    retentionMs: HOUR,
    acks: 'leader',
    lingerMs: 20,
    purpose: 'receipts and typing, by conversation',
  },
  events: {
    name: 'clatter.events',
    partitions: 256,
    retentionMs: 7 * DAY,
    embeddedRetentionMs: HOUR,
    acks: 'all',
    lingerMs: 50,
    purpose: 'the change feed, by conversation',
  },
  sessions: {
    name: 'clatter.sessions',
    partitions: 64,
    retentionMs: DAY,
    acks: 'leader',
    lingerMs: 20,
    purpose: 'connections that come and go, by person',
  },
  accounts: {
    name: 'clatter.accounts',
    partitions: 16,
    retentionMs: 7 * DAY,
    acks: 'all',
    purpose: 'revoked, changed and deleted accounts, by person',
  },
  dead: {
    name: 'clatter.dead',
    partitions: 4,
    retentionMs: 30 * DAY,
    acks: 'all',
    purpose: 'commands that can never apply, and why',
  },
} as const satisfies Record<string, Topic>;

/**
 * The topics of a platform whose commands and events have `partitions` partitions each; the others have as many at most. A broker and its
 * readers pay for each partition at each read, and an owner works in batches of one partition: a small platform is cheaper with few, a
 * large one can have no more processes of messages than partitions.
 */
export const topicsOf = (partitions: number): readonly Topic[] =>
  Object.values<Topic>(topics).map((topic) => ({
    ...topic,
    partitions:
      topic === topics.commands || topic === topics.events ? partitions : Math.min(topic.partitions, partitions),
  }));
