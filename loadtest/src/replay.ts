/**
 * Replays real conversations against a running platform through the real client, then reads every history back as each member and
 * checks it. Each conversation has a pair of people of its own; in a conversation a message is sent when the one before is
 * acknowledged, so that its whole order is known. The platform may be killed and restarted meanwhile.
 */
import { ClatterClient, MemoryStorage } from '@clatter/client';
import type { FrameEncoding } from '@clatter/wire';
import type { DatasetConversation } from './dataset.ts';
import { HistoryChecker } from './history/history-checker.ts';
import { type DeviceRecorder, Recorder, recordLog } from './history/recorder.ts';
import { countsOf, describeViolations } from './history/report.ts';
import type { Violation } from './history/violations.ts';
import { Latency } from './latency.ts';
import { findPlatform, inParallel, patiently, watched } from './patience.ts';
import { type ProgressOptions, startProgress } from './progress.ts';
import { openSocket } from './socket.ts';

export interface ReplayOptions extends ProgressOptions {
  readonly url: string;
  readonly conversations: readonly DatasetConversation[];
  readonly people: number;
  /** Conversations that are talked in at the same time. */
  readonly concurrency: number;
  /** Messages a second in all; 0: as fast as they are acknowledged. */
  readonly rate: number;
  readonly encoding: FrameEncoding;
  /** How long the platform may be away. */
  readonly patienceMs: number;
}

export interface ReplayResult {
  readonly conversations: number;
  readonly messages: number;
  /** Empty texts of the data set: a message has at least one character. */
  readonly skipped: number;
  readonly seconds: number;
  readonly acked: Latency;
  readonly delivered: Latency;
  readonly checker: HistoryChecker;
  /** The first of each kind; none is what should come back. */
  readonly violations: readonly Violation[];
  readonly reconnects: number;
}

interface Talk {
  readonly pair: readonly [ClatterClient, ClatterClient];
  readonly messages: DatasetConversation['messages'];
  conversationId: string;
}

const REGISTERED_AT_ONCE = 8;
const CHECKED_AT_ONCE = 8;
/** After the last ack, devices that were cut off come back, and are told what they missed. */
const SETTLE = { msMax: 60_000, everyMs: 100 };
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { conversations, people: count, print } = options;
  if ((count * (count - 1)) / 2 < conversations.length)
    throw new Error(`--people: ${count} people make fewer pairs than ${conversations.length} conversations`);
  await findPlatform(options.url);
  print(`Registering ${count} people …`);
  const people: ClatterClient[] = [];
  const checker = new HistoryChecker();
  try {
    await register(options, new Recorder(checker.take), people);
    return await replayAs(people, checker, options);
  } finally {
    await Promise.all(people.map((person) => person.close()));
  }
}

async function replayAs(
  people: readonly ClatterClient[],
  checker: HistoryChecker,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { conversations, concurrency, patienceMs } = options;
  const observed = observe(people);
  const pairs = pairsOf(people);
  const talks = conversations.map(({ messages }): Talk => {
    const pair = pairs.next().value as [ClatterClient, ClatterClient];
    return { pair, messages: messages.filter(({ text }) => text !== ''), conversationId: '' };
  });
  const total = talks.reduce((sum, talk) => sum + talk.messages.length, 0);
  const skipped = conversations.reduce((sum, { messages }) => sum + messages.length, 0) - total;

  const progress = startProgress(options, 'Replaying', total);
  const started = performance.now();
  const pace = new Pace(options.rate);
  const talk = async (item: Talk): Promise<void> => {
    const [first, second] = item.pair;
    item.conversationId = (await patiently(patienceMs, () => first.openDirect(second.userId))).conversationId;
    for (const message of item.messages) {
      await pace.turn();
      await say(item, message, observed);
      progress.add(1);
    }
  };
  try {
    await watched(patienceMs, () => progress.done, inParallel(talks, concurrency, talk));
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  await settle(people, observed);

  const checking = startProgress(options, 'Checking', talks.length);
  try {
    await inParallel(talks, CHECKED_AT_ONCE, async (item) => {
      await check(item, checker, patienceMs);
      checking.add(1);
    });
  } finally {
    checking.stop();
  }
  const { acked, delivered, reconnects } = observed;
  const violations = checker.findings.first;
  const counts = { conversations: talks.length, messages: total, skipped, seconds, reconnects };
  return { ...counts, acked, delivered, checker, violations };
}

/** The lines that a person reads, and what a script greps: `lost 0, doubled 0, reordered 0, altered 0`. */
export function describeReplay(result: ReplayResult): string[] {
  const { conversations, messages, skipped, seconds, acked, delivered, checker, reconnects } = result;
  return [
    `${conversations} conversations, ${messages} messages in ${seconds.toFixed(1)} s: ${Math.round(messages / seconds)} messages/s${skipped > 0 ? ` (${skipped} empty texts of the data set were left out)` : ''}`,
    `send to ack:       ${acked}`,
    `send to delivered: ${delivered} (${delivered.count} of ${messages} delivered; connections lost meanwhile: ${reconnects})`,
    countsOf(checker),
    ...describeViolations(checker),
  ];
}

async function register(
  { url, people: count, encoding, patienceMs }: ReplayOptions,
  recorder: Recorder,
  people: ClatterClient[],
): Promise<void> {
  const run = Date.now().toString(36);
  await inParallel(
    Array.from({ length: count }, (_, index) => index),
    REGISTERED_AT_ONCE,
    async (index) => {
      const device: DeviceRecorder = recorder.device(`the device of person ${index + 1}`);
      const { tap } = device;
      const options = { url, storage: new MemoryStorage(), openSocket, encoding, receipts: false, tap };
      const person = { username: `replay-${run}-${index}`, password: `replay password ${run}` };
      const client = await patiently(patienceMs, () => ClatterClient.register(options, person));
      device.watch(client);
      people.push(client);
      await client.connect();
    },
  );
}

/** What the clients see, all of it. */
interface Observed {
  readonly acked: Latency;
  readonly delivered: Latency;
  /** Message id → when it was sent, until the other has it. */
  readonly sentAt: Map<string, number>;
  reconnects: number;
}

function observe(people: readonly ClatterClient[]): Observed {
  const observed: Observed = {
    acked: new Latency(),
    delivered: new Latency(),
    sentAt: new Map(),
    reconnects: 0,
  };
  for (const person of people) {
    person.on('state', (state) => state === 'connecting' && observed.reconnects++);
    person.on('event', (event) => {
      const at = event.message && observed.sentAt.get(event.message.messageId);
      if (at !== undefined && event.senderId !== person.userId) {
        observed.delivered.record(performance.now() - at);
        observed.sentAt.delete(event.message?.messageId as string);
      }
    });
  }
  return observed;
}

async function say(
  { pair, conversationId }: Talk,
  { sender, text }: DatasetConversation['messages'][number],
  { sentAt, acked }: Observed,
): Promise<void> {
  const at = performance.now();
  const { messageId, acked: done } = pair[sender].send(conversationId, text);
  sentAt.set(messageId, at);
  try {
    await done;
    acked.record(performance.now() - at);
  } catch {
    // Refused for good: the recorder has it.
    sentAt.delete(messageId);
  }
}

async function settle(people: readonly ClatterClient[], { sentAt }: Observed): Promise<void> {
  const untilMs = performance.now() + SETTLE.msMax;
  while (performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE.everyMs));
    if (sentAt.size === 0 && people.every(({ state }) => state === 'live')) return;
  }
}

async function check({ pair, conversationId }: Talk, checker: HistoryChecker, patienceMs: number): Promise<void> {
  for (const person of pair) {
    const history: ClatterClient['history'] = (...query) => patiently(patienceMs, () => person.history(...query));
    await recordLog({ userId: person.userId, history }, conversationId, checker.take);
  }
  checker.finish(conversationId);
}

/** Neighbours first, then those two apart …: everybody is busy from the start. */
function* pairsOf(people: readonly ClatterClient[]): Generator<[ClatterClient, ClatterClient]> {
  for (let distance = 1; distance < people.length; distance++)
    for (let index = 0; index + distance < people.length; index++)
      yield [people[index] as ClatterClient, people[index + distance] as ClatterClient];
}

/** Lets `rate` turns a second pass; all of them where it is 0. */
class Pace {
  readonly #everyMs: number;
  #nextMs = performance.now();

  constructor(rate: number) {
    this.#everyMs = rate > 0 ? 1000 / rate : 0;
  }

  async turn(): Promise<void> {
    if (this.#everyMs === 0) return;
    const now = performance.now();
    const waitMs = this.#nextMs - now;
    this.#nextMs = Math.max(this.#nextMs, now - 1000) + this.#everyMs;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
