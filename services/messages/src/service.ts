/** Wires messages: consumers of commands and signals over one store, and the calls. */
import type { MessagesService } from '@clatter/contracts/messages';
import type { PresenceService } from '@clatter/contracts/presence';
import { type Assignment, type Consumer, type EventLog, topics } from '@clatter/log';
import type { Clock, Health, Logger, Metrics, Service } from '@clatter/runtime';
import { readAccounts } from './accounts.ts';
import { coalesced } from './coalesced-reads.ts';
import type { MessagesConfig } from './config.ts';
import { ConversationCache } from './conversation-cache.ts';
import { Delivery } from './delivery.ts';
import { MemberLists } from './member-lists.ts';
import { BUCKET_SEQS, type GatewayDirectory, type MessageStore } from './ports.ts';
import { Projector, type ProjectorParts } from './projector.ts';
import { messagesRpc } from './rpc.ts';
import { RULES_VERSION } from './rules-version.ts';
import { SignalsConsumer } from './signals.ts';
import type { Timers } from './timers.ts';

export interface MessagesParts {
  readonly config: MessagesConfig;
  readonly log: EventLog;
  readonly store: MessageStore;
  readonly presence: PresenceService;
  readonly gateways: GatewayDirectory;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random?: () => number;
  /** Runs something at the end of the turn. */
  readonly defer?: (run: () => void) => void;
  /** Seqs in one bucket; another value than the default is for tests of the roll-over alone. */
  readonly bucketSeqs?: number;
  /** Slots of the index of what is due; another value than the default is for tests. */
  readonly timerSlots?: number;
  /** Another than this release's is for tests of updates alone. */
  readonly rulesVersion?: number;
}

export function createMessages(parts: MessagesParts): Service & { readonly messages: MessagesService } {
  const { config, log, store, presence, gateways, logger, metrics, clock } = parts;
  const random = parts.random ?? Math.random;
  const cache = new ConversationCache(config.CLATTER_MESSAGES_CACHE_BYTES_MAX, {
    hits: metrics.counter('clatter_messages_cache_hits_total', 'Conversations of batches that were in memory'),
    misses: metrics.counter('clatter_messages_cache_misses_total', 'Conversations of batches that had to be loaded'),
    evictions: metrics.counter('clatter_messages_cache_evictions_total', 'Conversations that made room for others'),
  });
  const defer = parts.defer ?? ((run) => void setImmediate(run));
  const queueBytesMax = config.CLATTER_MESSAGES_QUEUE_BYTES_MAX;
  const members = new MemberLists(store, clock);
  const onMembers = (conversationId: string): void => members.forget(conversationId);
  const delivery = new Delivery({
    presence,
    gateways,
    clock,
    random,
    logger,
    defer,
    queueBytesMax,
    onMembers,
    counters: {
      locates: metrics.counter('clatter_messages_locates_total', 'Calls that asked presence where people are'),
      deliveries: metrics.counter('clatter_messages_deliveries_total', 'Calls that took frames to a gateway'),
      frames: metrics.counter('clatter_messages_delivery_frames_total', 'Frames in those calls'),
    },
  });
  metrics.gauge('clatter_messages_gateway_queues', 'Gateways that frames are queued for', () => delivery.queues);
  const shared = metrics.counter(
    'clatter_messages_shared_reads_total',
    'Reads of the store that were answered by another one for the same',
  );
  /** Topic and partition → why it stopped. One that is given out again may stop again. */
  const halted = new Map<string, string>();
  const troubles = new Map<string, string>();
  let consumers: Consumer[] = [];

  metrics.gauge('clatter_messages_cache_bytes', 'Bytes of conversation states in memory', () => cache.bytes);
  const timers = new Set<Timers>();
  metrics.gauge('clatter_messages_timers', 'Timers in memory: what is due within the hour', () => {
    let held = 0;
    for (const each of timers) held += each.held;
    return held;
  });
  metrics.gauge('clatter_messages_timers_lag_seconds', 'For how long the oldest timer has been due', () => {
    let lagMs = 0;
    for (const each of timers) lagMs = Math.max(lagMs, each.lagMs);
    return lagMs / 1000;
  });
  metrics.gauge('clatter_messages_cache_conversations', 'Conversation states in memory', () => cache.conversations);
  metrics.gauge('clatter_messages_halted_partitions', 'Partitions that stopped for good', () => halted.size);
  const projector: ProjectorParts = {
    store,
    cache,
    delivery,
    producer: log.producer(),
    clock,
    random,
    logger,
    epoch: config.CLATTER_MESSAGES_EPOCH,
    rulesVersion: parts.rulesVersion ?? RULES_VERSION,
    bucketSeqs: parts.bucketSeqs ?? BUCKET_SEQS,
    timerSlots: parts.timerSlots,
    commandPartitions: () => log.partitions(topics.commands.name),
    timers,
    counters: {
      batches: metrics.counter('clatter_messages_batches_total', 'Batches of commands'),
      conversations: metrics.counter(
        'clatter_messages_batch_conversations_total',
        'Conversations in those batches, each counted once for each batch',
      ),
      commands: metrics.counter('clatter_messages_commands_total', 'Commands taken'),
      events: metrics.counter('clatter_messages_events_total', 'Events stored and announced'),
      storeRetries: metrics.counter(
        'clatter_messages_store_retries_total',
        'Store calls that failed and were repeated',
      ),
      dead: metrics.counter('clatter_messages_dead_total', 'Commands that can never apply'),
      due: metrics.counter('clatter_messages_timers_due_total', 'Timers that were looked at when their time was up'),
      timerFailures: metrics.counter(
        'clatter_messages_timer_failures_total',
        'Times that what is due could not be seen to, and was tried again',
      ),
    },
    onTrouble(name, reason) {
      if (reason === undefined) troubles.delete(name);
      else troubles.set(name, reason);
    },
  };
  const onHalt = (topic: string, partition: number, error: unknown): void => {
    halted.set(`${topic}/${partition}`, `${topic} partition ${partition} stopped: ${(error as Error).message}`);
    logger.fatal({ err: error, topic, partition }, 'a partition stopped and needs a person');
  };
  /** Whoever has the partition after this one stops by itself. */
  const begun = ({ topic, partition, signal }: Assignment): void => {
    const key = `${topic}/${partition}`;
    halted.delete(key);
    signal.addEventListener('abort', () => halted.delete(key), { once: true });
  };

  return {
    name: 'messages',
    messages: messagesRpc(coalesced(store, shared), clock),
    async start() {
      consumers = [
        log.consume({
          group: 'messages',
          topics: [topics.commands.name],
          start: 'beginning',
          assign: (assignment) => {
            begun(assignment);
            return Projector.assign(projector, assignment);
          },
          onHalt,
        }),
        log.consume({
          group: 'messages-signals',
          topics: [topics.signals.name],
          start: 'end',
          assign: async (assignment) => {
            begun(assignment);
            return new SignalsConsumer({ store, delivery, clock, logger }, members, assignment);
          },
          onHalt,
        }),
        // Of people whose accounts are gone nothing is sent later.
        ...(parts.timerSlots === 0 ? [] : [readAccounts({ log, producer: projector.producer, clock, logger, onHalt })]),
      ];
      await Promise.all(consumers.map((consumer) => consumer.ready()));
    },
    async stop() {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      delivery.close();
    },
    ready(): Health {
      // Many partitions may have the same trouble.
      const reasons = [...new Set([...halted.values(), ...troubles.values()])];
      return { ok: reasons.length === 0, reasons };
    },
  };
}
