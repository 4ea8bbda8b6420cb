/**
 * Replays real conversations against a running platform through the real client, then reads every history back as each member and
 * checks it. Each conversation has a pair of people of its own; in a conversation a message is sent when the one before is
 * acknowledged, so that its whole order is known. The platform may be killed and restarted meanwhile.
 */
import { ClatterClient, MemoryStorage, type SocketLike } from '@clatter/client';
import type { Event, FrameEncoding } from '@clatter/wire';
import WebSocket from 'ws';
import type { DatasetConversation } from './dataset.ts';
import { checkConversation, type Fault, type FaultKind, faultKinds, type SentMessage } from './history-checker.ts';
import { Latency } from './latency.ts';
import { findPlatform, inParallel, patiently, watched } from './patience.ts';
import { type ProgressOptions, startProgress } from './progress.ts';

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
  readonly faults: readonly Fault[];
  readonly reconnects: number;
}

interface Talk {
  readonly pair: readonly [ClatterClient, ClatterClient];
  readonly messages: DatasetConversation['messages'];
  conversationId: string;
  readonly sent: SentMessage[];
}

const REGISTERED_AT_ONCE = 8;
const CHECKED_AT_ONCE = 8;
/** After the last ack, devices that were cut off come back, and are told what they missed. */
const SETTLE = { msMax: 60_000, everyMs: 100 };
const SHOWN_FAULTS_MAX = 10;

const openSocket = (url: string, protocol: string): SocketLike =>
  new WebSocket(url, protocol, { perMessageDeflate: false }) as unknown as SocketLike;

export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { conversations, people: count, print } = options;
  if ((count * (count - 1)) / 2 < conversations.length)
    throw new Error(`--people: ${count} people make fewer pairs than ${conversations.length} conversations`);
  await findPlatform(options.url);
  print(`Registering ${count} people …`);
  const people: ClatterClient[] = [];
  try {
    await register(options, people);
    return await replayAs(people, options);
  } finally {
    await Promise.all(people.map((person) => person.close()));
  }
}

async function replayAs(people: readonly ClatterClient[], options: ReplayOptions): Promise<ReplayResult> {
  const { conversations, concurrency, patienceMs } = options;
  const observed = observe(people);
  const pairs = pairsOf(people);
  const talks = conversations.map(({ messages }): Talk => {
    const pair = pairs.next().value as [ClatterClient, ClatterClient];
    return { pair, messages: messages.filter(({ text }) => text !== ''), conversationId: '', sent: [] };
  });
  const total = talks.reduce((sum, talk) => sum + talk.messages.length, 0);
  const skipped = conversations.reduce((sum, { messages }) => sum + messages.length, 0) - total;
  const faults: Fault[] = [];

  const progress = startProgress(options, 'Replaying', total);
  const started = performance.now();
  const pace = new Pace(options.rate);
  const talk = async (item: Talk): Promise<void> => {
    const [first, second] = item.pair;
    item.conversationId = (await patiently(patienceMs, () => first.openDirect(second.userId))).conversationId;
    for (const message of item.messages) {
      await pace.turn();
      await say(item, message, observed, faults);
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
      faults.push(...(await check(item, observed, patienceMs)));
      checking.add(1);
    });
  } finally {
    checking.stop();
  }
  const { acked, delivered, reconnects } = observed;
  return { conversations: talks.length, messages: total, skipped, seconds, acked, delivered, faults, reconnects };
}

/** The lines that a person reads, and what a script greps: `lost 0, doubled 0, reordered 0, altered 0`. */
export function describeReplay(result: ReplayResult): string[] {
  const { conversations, messages, skipped, seconds, acked, delivered, faults, reconnects } = result;
  const counts = (kinds: readonly FaultKind[]): string =>
    kinds.map((kind) => `${kind} ${faults.filter((fault) => fault.kind === kind).length}`).join(', ');
  const promised: readonly FaultKind[] = ['lost', 'doubled', 'reordered', 'altered'];
  const others = (Object.keys(faultKinds) as FaultKind[]).filter((kind) => !promised.includes(kind));
  return [
    `${conversations} conversations, ${messages} messages in ${seconds.toFixed(1)} s: ${Math.round(messages / seconds)} messages/s${skipped > 0 ? ` (${skipped} empty texts of the data set were left out)` : ''}`,
    `send to ack:       ${acked}`,
    `send to delivered: ${delivered} (${delivered.count} of ${messages} delivered; connections lost meanwhile: ${reconnects})`,
    `${counts(promised)}; ${counts(others)}`,
    ...faults
      .slice(0, SHOWN_FAULTS_MAX)
      .map(({ kind, conversationId, detail }) => `  ${kind} in ${conversationId}: ${detail}`),
    ...(faults.length > SHOWN_FAULTS_MAX ? [`  … and ${faults.length - SHOWN_FAULTS_MAX} more`] : []),
  ];
}

async function register(
  { url, people: count, encoding, patienceMs }: ReplayOptions,
  people: ClatterClient[],
): Promise<void> {
  const run = Date.now().toString(36);
  await inParallel(
    Array.from({ length: count }, (_, index) => index),
    REGISTERED_AT_ONCE,
    async (index) => {
      const options = { url, storage: new MemoryStorage(), openSocket, encoding, receipts: false };
      const person = { username: `replay-${run}-${index}`, password: `replay password ${run}` };
      const client = await patiently(patienceMs, () => ClatterClient.register(options, person));
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
  /** Conversation and person → events in the order in which they came. */
  readonly live: Map<string, Event[]>;
  /** Conversations of which a device was away for so long that it was told of a gap. */
  readonly gaps: Set<string>;
  reconnects: number;
}

const liveKey = (conversationId: string, { userId }: ClatterClient): string => `${conversationId} ${userId}`;

function observe(people: readonly ClatterClient[]): Observed {
  const observed: Observed = {
    acked: new Latency(),
    delivered: new Latency(),
    sentAt: new Map(),
    live: new Map(),
    gaps: new Set(),
    reconnects: 0,
  };
  for (const person of people) {
    person.on('state', (state) => state === 'connecting' && observed.reconnects++);
    person.on('gap', ({ conversationId }) => observed.gaps.add(conversationId));
    person.on('event', (event) => {
      const at = event.message && observed.sentAt.get(event.message.messageId);
      if (at !== undefined && event.senderId !== person.userId) {
        observed.delivered.record(performance.now() - at);
        observed.sentAt.delete(event.message?.messageId as string);
      }
      const key = liveKey(event.conversationId, person);
      const events = observed.live.get(key);
      if (events) events.push(event);
      else observed.live.set(key, [event]);
    });
  }
  return observed;
}

async function say(
  { pair, conversationId, sent }: Talk,
  { sender, text }: DatasetConversation['messages'][number],
  { sentAt, acked }: Observed,
  faults: Fault[],
): Promise<void> {
  const from = pair[sender];
  const at = performance.now();
  const { messageId, acked: done } = from.send(conversationId, text);
  sentAt.set(messageId, at);
  try {
    const { seq } = await done;
    acked.record(performance.now() - at);
    sent.push({ messageId, senderId: from.userId, text, ackedSeq: seq });
  } catch (error) {
    sent.push({ messageId, senderId: from.userId, text });
    sentAt.delete(messageId);
    faults.push({ kind: 'refused', conversationId, detail: `${messageId}: ${(error as Error).message}` });
  }
}

async function settle(people: readonly ClatterClient[], { sentAt }: Observed): Promise<void> {
  const untilMs = performance.now() + SETTLE.msMax;
  while (performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE.everyMs));
    if (sentAt.size === 0 && people.every(({ state }) => state === 'live')) return;
  }
}

async function check(
  { pair, conversationId, sent }: Talk,
  { live, gaps }: Observed,
  patienceMs: number,
): Promise<Fault[]> {
  const histories = new Map<string, Event[]>();
  const seen = new Map<string, Event[]>();
  for (const person of pair) {
    histories.set(person.userId, await readAll(person, conversationId, patienceMs));
    seen.set(`the device of ${person.userId}`, live.get(liveKey(conversationId, person)) ?? []);
  }
  const complete = !gaps.has(conversationId);
  return checkConversation({ conversationId, sent, ordered: true, live: seen, complete, histories });
}

async function readAll(person: ClatterClient, conversationId: string, patienceMs: number): Promise<Event[]> {
  const all: Event[] = [];
  for (let more = true; more; ) {
    const after = all.at(-1)?.seq ?? 0;
    const page = await patiently(patienceMs, () => person.history(conversationId, { after, limit: 100 }));
    all.push(...page.events);
    more = page.hasMore;
  }
  return all;
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
