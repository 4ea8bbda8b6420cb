/**
 * Replays real conversations against a running platform through the real client, then reads every history back as each member and
 * checks it. Each conversation has a pair of people of its own; in a conversation a message is sent when the one before is
 * acknowledged, so that its whole order is known. The platform may be killed and restarted meanwhile.
 */
import { ClatterClient, MemoryStorage, type SocketLike } from '@clatter/client';
import { ClatterError, type Event, type FrameEncoding } from '@clatter/wire';
import { SingleBar } from 'cli-progress';
import WebSocket from 'ws';
import type { DatasetConversation } from './dataset.ts';
import { checkConversation, type Fault, type FaultKind, type SentMessage } from './history-checker.ts';
import { Latency } from './latency.ts';

export interface ReplayOptions {
  readonly url: string;
  readonly conversations: readonly DatasetConversation[];
  readonly people: number;
  /** Conversations that are talked in at the same time. */
  readonly concurrency: number;
  /** Messages a second in all; 0: as fast as they are acknowledged. */
  readonly rate: number;
  readonly encoding: FrameEncoding;
  /** Whether to draw a bar; otherwise a line now and then. */
  readonly interactive: boolean;
  readonly print: (line: string) => void;
}

export interface ReplayResult {
  readonly conversations: number;
  readonly messages: number;
  /** Empty texts of the data set: no message has none. */
  readonly skipped: number;
  readonly seconds: number;
  readonly acked: Latency;
  readonly delivered: Latency;
  readonly faults: readonly Fault[];
  readonly reconnects: number;
}

interface Talk {
  readonly id: string;
  readonly pair: readonly [ClatterClient, ClatterClient];
  readonly messages: DatasetConversation['messages'];
  conversationId: string;
  readonly sent: SentMessage[];
}

const openSocket = (url: string, protocol: string): SocketLike =>
  new WebSocket(url, protocol, { perMessageDeflate: false }) as unknown as SocketLike;

export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { conversations, people: count, concurrency, print } = options;
  if ((count * (count - 1)) / 2 < conversations.length)
    throw new Error(`--people: ${count} people make fewer pairs than ${conversations.length} conversations`);
  print(`Registering ${count} people …`);
  const people = await register(options);
  let reconnects = 0;
  for (const person of people) person.on('state', (state) => state === 'connecting' && reconnects++);

  const sentAt = new Map<string, number>();
  const acked = new Latency();
  const delivered = new Latency();
  const live = new Map<string, Event[]>();
  for (const person of people)
    person.on('event', (event) => {
      const at = event.message && sentAt.get(event.message.messageId);
      if (at !== undefined && event.senderId !== person.userId) delivered.record(performance.now() - at);
      const key = `${event.conversationId} ${person.userId}`;
      const events = live.get(key);
      if (events) events.push(event);
      else live.set(key, [event]);
    });

  const pairs = pairsOf(people);
  const talks = conversations.map(({ id, messages }): Talk => {
    const pair = pairs.next().value as [ClatterClient, ClatterClient];
    return { id, pair, messages: messages.filter(({ text }) => text !== ''), conversationId: '', sent: [] };
  });
  const total = talks.reduce((sum, talk) => sum + talk.messages.length, 0);
  const skipped = conversations.reduce((sum, { messages }) => sum + messages.length, 0) - total;

  const progress = startProgress(options, 'Replaying', total);
  const started = performance.now();
  const pace = new Pace(options.rate);
  await inParallel(talks, concurrency, async (talk) => {
    const [first, second] = talk.pair;
    talk.conversationId = (await patiently(() => first.openDirect(second.userId))).conversationId;
    for (const { sender, text } of talk.messages) {
      await pace.turn();
      const from = talk.pair[sender];
      const at = performance.now();
      const { messageId, acked: done } = from.send(talk.conversationId, text);
      sentAt.set(messageId, at);
      const { seq } = await done;
      acked.record(performance.now() - at);
      talk.sent.push({ messageId, senderId: from.userId, text, ackedSeq: seq });
      progress.add(1);
    }
  });
  const seconds = (performance.now() - started) / 1000;
  progress.stop();

  // What is on its way to the other still counts as delivered.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const checking = startProgress(options, 'Checking', talks.length);
  const faults: Fault[] = [];
  await inParallel(talks, 8, async (talk) => {
    const { conversationId, sent } = talk;
    const histories = new Map<string, Event[]>();
    const seen = new Map<string, Event[]>();
    for (const person of talk.pair) {
      histories.set(person.userId, await readAll(person, conversationId));
      seen.set(person.userId, live.get(`${conversationId} ${person.userId}`) ?? []);
    }
    faults.push(...checkConversation({ conversationId, sent, ordered: true, live: seen, histories }));
    checking.add(1);
  });
  checking.stop();
  await Promise.all(people.map((person) => person.close()));
  return { conversations: talks.length, messages: total, skipped, seconds, acked, delivered, faults, reconnects };
}

/** The lines that a person reads, and what a script greps: `lost 0, doubled 0, reordered 0, altered 0`. */
export function describeReplay(result: ReplayResult): string[] {
  const { conversations, messages, skipped, seconds, acked, delivered, faults, reconnects } = result;
  const count = (kind: FaultKind): number => faults.filter((fault) => fault.kind === kind).length;
  const others = (['phantom', 'gap', 'moved', 'receipt'] as const).map((kind) => `${kind} ${count(kind)}`).join(', ');
  return [
    `${conversations} conversations, ${messages} messages in ${seconds.toFixed(1)} s: ${Math.round(messages / seconds)} messages/s${skipped > 0 ? ` (${skipped} empty texts of the data set were left out)` : ''}`,
    `send to ack:       ${acked}`,
    `send to delivered: ${delivered} (${delivered.count} of ${messages} delivered live; reconnects: ${reconnects})`,
    `lost ${count('lost')}, doubled ${count('doubled')}, reordered ${count('reordered')}, altered ${count('altered')}; ${others}`,
    ...faults.slice(0, 10).map(({ kind, conversationId, detail }) => `  ${kind} in ${conversationId}: ${detail}`),
  ];
}

async function register({ url, people: count, encoding }: ReplayOptions): Promise<ClatterClient[]> {
  const run = Date.now().toString(36);
  const people: ClatterClient[] = [];
  await inParallel(
    Array.from({ length: count }, (_, index) => index),
    8,
    async (index) => {
      const client = await patiently(() =>
        ClatterClient.register(
          { url, storage: new MemoryStorage(), openSocket, encoding, receipts: false },
          { username: `replay-${run}-${index}`, password: `replay password ${run}` },
        ),
      );
      await client.connect();
      people.push(client);
    },
  );
  return people;
}

function* pairsOf(people: readonly ClatterClient[]): Generator<[ClatterClient, ClatterClient]> {
  // Neighbours first, then those two apart …: everybody is busy from the start.
  for (let distance = 1; distance < people.length; distance++)
    for (let index = 0; index + distance < people.length; index++)
      yield [people[index] as ClatterClient, people[index + distance] as ClatterClient];
}

async function readAll(person: ClatterClient, conversationId: string): Promise<Event[]> {
  const all: Event[] = [];
  for (let more = true; more; ) {
    const page = await patiently(() => person.history(conversationId, { after: all.at(-1)?.seq ?? 0, limit: 100 }));
    all.push(...page.events);
    more = page.hasMore;
  }
  return all;
}

/** Tries again while the platform is away. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ClatterError) || !['UNAVAILABLE', 'RATE_LIMITED'].includes(error.code) || tries >= 60)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(2000, 200 + error.retryAfterMs)));
    }
  }
}

async function inParallel<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await run(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
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
    const waitMs = this.#nextMs - performance.now();
    this.#nextMs += this.#everyMs;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function startProgress(
  { interactive, print }: ReplayOptions,
  what: string,
  total: number,
): { add(count: number): void; stop(): void } {
  if (interactive) {
    const bar = new SingleBar({
      format: `${what} {bar} {percentage}% | {value}/{total} | {duration_formatted}`,
      hideCursor: true,
      etaBuffer: 1000,
    });
    bar.start(total, 0);
    return { add: (count) => bar.increment(count), stop: () => bar.stop() };
  }
  let done = 0;
  let shown = 0;
  return {
    add(count) {
      done += count;
      if (done - shown < total / 10) return;
      shown = done;
      print(`${what}: ${done} of ${total}`);
    },
    stop: () => undefined,
  };
}
