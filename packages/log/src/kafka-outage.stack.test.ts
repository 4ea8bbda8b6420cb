/** A broker that is away: at the start, killed in mid-run, or standing still. It is the test's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from '@clatter/cluster';
import type { Logger } from '@clatter/runtime';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ContractReader, eventually, pause } from './contract/reader.ts';
import { KEY } from './contract/subject.ts';
import type { EventLog } from './event-log.ts';
import { TestTopics } from './kafka-testing.ts';
import type { Topic } from './topics.ts';

const TOPIC: Topic = { name: 'outage', partitions: 2, retentionMs: 3_600_000, acks: 'all', purpose: 'tests' };
const START_MS = 150_000;

let root: string;
let stack: Stack;
let kafka: TestTopics;
let log: EventLog;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clatter-outage-'));
  stack = await Stack.onFreePorts({ runDir: join(root, 'run'), dataDir: join(root, 'data'), durable: false });
});
afterEach(() => log.close());
afterAll(async () => {
  await stack.kafka.stop();
  rmSync(root, { recursive: true, force: true });
});

/** A logger that keeps what it is told, by its level. */
function listening(): { readonly logger: Logger; readonly errors: string[] } {
  const errors: string[] = [];
  const ignore = (): void => undefined;
  const error = (_details: unknown, message: string): void => void errors.push(message);
  return { logger: { error, warn: ignore, info: ignore, debug: ignore } as unknown as Logger, errors };
}

interface Outcome {
  readonly text: string;
  ok: boolean;
  retryAfterMs: number;
}

/** Sends a numbered record every few ms until it is stopped. */
function sending(name: string): { readonly outcomes: Outcome[]; stop(): Promise<void> } {
  const outcomes: Outcome[] = [];
  const waiting: Promise<void>[] = [];
  const timer = setInterval(() => {
    const outcome = { text: `${name}${outcomes.length}`, ok: false, retryAfterMs: 0 };
    outcomes.push(outcome);
    const sent = log.producer().send(TOPIC.name, { key: KEY, value: Buffer.from(outcome.text) });
    waiting.push(
      sent.then(
        () => {
          outcome.ok = true;
        },
        (error) => {
          expect(error).toMatchObject({ code: 'UNAVAILABLE' });
          outcome.retryAfterMs = error.retryAfterMs;
        },
      ),
    );
  }, 4);
  return {
    outcomes,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(waiting);
    },
  };
}

it(
  'a broker that is not there at the start is told of once, and used as soon as it is',
  async () => {
    kafka = new TestTopics([stack.addresses.kafka], [TOPIC]);
    const { logger, errors } = listening();
    log = kafka.open({ logger });
    const reader = new ContractReader(log, { topics: [TOPIC.name] });
    const cache = new ContractReader(log, { topics: [TOPIC.name], ephemeral: true });
    await eventually(() => errors.length > 0, 'the log to say it');
    await pause(2000);
    expect(errors).toEqual(['Kafka cannot be used; it is tried again until it can']);
    expect(log.health()).toMatchObject({ ok: false, reason: expect.stringContaining(stack.addresses.kafka) });
    const early = log.producer().send(TOPIC.name, { key: KEY, value: Buffer.from('early') });
    await expect(early).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
    await stack.kafka.start();
    await kafka.migrate();
    await eventually(() => log.health().ok, 'the log to be used again');
    await Promise.all([reader.consumer.ready(), cache.consumer.ready()]);
    await log.producer().send(TOPIC.name, { key: KEY, value: Buffer.from('m') });
    await Promise.all([reader.until(1), cache.until(1)]);
    expect([...reader.texts, ...cache.texts]).toEqual(['m', 'm']);
  },
  START_MS,
);

it.each([
  ['is killed and started again', 'kill'],
  ['stands still for longer than a session', 'pause'],
] as const)(
  'a broker that %s: nothing acknowledged is lost, nothing comes twice or out of order, and all goes on by itself',
  async (_what, how) => {
    const { logger, errors } = listening();
    log = kafka.open({ logger });
    await eventually(() => log.health().ok, 'the broker');
    const reader = new ContractReader(log, { topics: [TOPIC.name], group: how });
    await reader.consumer.ready();
    const { outcomes, stop } = sending(`${how}-`);
    await eventually(() => outcomes.filter(({ ok }) => ok).length > 100, 'records');
    if (how === 'kill') await stack.kafka.kill();
    else stack.kafka.signal('SIGSTOP');
    await eventually(() => !log.health().ok, 'the log to know');
    await eventually(() => outcomes.some(({ retryAfterMs }) => retryAfterMs > 0), 'a send to fail');
    await pause(how === 'kill' ? 1000 : 8000);
    if (how === 'kill') await stack.kafka.start();
    else stack.kafka.signal('SIGCONT');
    await eventually(() => log.health().ok, 'the log to be used again');
    const before = outcomes.length;
    await eventually(() => outcomes.slice(before).filter(({ ok }) => ok).length > 100, 'records again');
    await stop();
    const last = outcomes.findLast(({ ok }) => ok)?.text;
    await eventually(() => reader.texts.includes(last as string), 'the last record');
    // A group whose broker was away may read again what it had not committed. The log itself has each record once.
    const all = new ContractReader(log, { topics: [TOPIC.name], ephemeral: true });
    await all.consumer.ready();
    const texts = all.texts.filter((value) => value.startsWith(how));
    expect(texts).toEqual([...new Set(texts)]);
    expect(texts).toEqual(outcomes.map((outcome) => outcome.text).filter((value) => texts.includes(value)));
    for (const outcome of outcomes) if (outcome.ok) expect(texts).toContain(outcome.text);
    expect(new Set(reader.texts.filter((value) => value.startsWith(how)))).toEqual(new Set(texts));
    expect(reader.halts).toEqual([]);
    expect(new Set(errors)).toEqual(new Set(['Kafka cannot be used; it is tried again until it can']));
  },
  START_MS,
);
