/** Three brokers, as production has them: each in turn is killed under load, and at last one machine is lost with its disk. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon, freePorts, type KafkaNode, kafka as kafkaProgram, newClusterId } from '@clatter/cluster';
import { partitionOf } from '@clatter/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ContractReader, eventually as within } from './contract/reader.ts';
import type { EventLog } from './event-log.ts';
import { TestTopics } from './kafka-testing.ts';
import type { Topic } from './topics.ts';

const TOPIC: Topic = { name: 'replicas', partitions: 8, retentionMs: 3_600_000, acks: 'all', purpose: 'tests' };
const NODES = 3;
/** For a new leader, on a machine that runs much else. */
const WAIT_MS = 90_000;
const KEYS = Array.from({ length: 2 * TOPIC.partitions }, () => randomUUID());

const eventually = (condition: () => boolean, what: string): Promise<void> => within(condition, what, WAIT_MS);

let root: string;
let nodes: readonly Daemon[];
let kafka: TestTopics;

const dataDirOf = (index: number): string => join(root, `data-${index + 1}`);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clatter-replicas-'));
  const ports = await freePorts(2 * NODES);
  const all = Array.from({ length: NODES }, (): KafkaNode => {
    const [port = 0, controllerPort = 0] = ports.splice(0, 2);
    return { port, controllerPort };
  });
  const cluster = { id: newClusterId(), nodes: all };
  nodes = all.map(
    (node, index) =>
      new Daemon(kafkaProgram({ ...node, dataDir: dataDirOf(index), cluster, security: undefined }), join(root, 'run')),
  );
  await Promise.all(nodes.map((node) => node.start()));
  kafka = new TestTopics(
    all.map(({ port }) => `127.0.0.1:${port}`),
    [TOPIC],
  );
  await kafka.migrate(kafka.topics, { replicas: NODES, minInSync: 2 });
}, 240_000);

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
  rmSync(root, { recursive: true, force: true });
});

/** Sends numbered records of every key until it is stopped, each key's one after the other in order, never waiting for the one before. */
function talking(log: EventLog): { readonly acked: string[]; readonly sent: string[]; stop(): Promise<void> } {
  const acked: string[] = [];
  const sent: string[] = [];
  const waiting: Promise<void>[] = [];
  const timer = setInterval(() => {
    const key = KEYS[sent.length % KEYS.length] as string;
    const value = `${key} ${sent.length}`;
    sent.push(value);
    const appended = log.producer().send(TOPIC.name, { key, value: Buffer.from(value) });
    waiting.push(
      appended.then(
        () => void acked.push(value),
        (error) => expect(error).toMatchObject({ code: 'UNAVAILABLE' }),
      ),
    );
  }, 4);
  return {
    acked,
    sent,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(waiting);
    },
  };
}

const ofKey = (key: string, values: readonly string[]): string[] =>
  values.filter((value) => value.startsWith(`${key} `));

it('each broker in turn is killed, and one loses its disk: nothing acknowledged is lost, doubled or reordered, and the others go on without it', async () => {
  const log = kafka.open();
  await eventually(() => log.health().ok, 'the brokers');
  const readers = ['one', 'two'].map(() => new ContractReader(log, { topics: [TOPIC.name], group: 'pair' }));
  await Promise.all(readers.map(({ consumer }) => consumer.ready()));
  const { acked, sent, stop } = talking(log);
  for (const [index, node] of nodes.entries()) {
    await eventually(() => acked.length > 100, 'records before');
    await node.kill();
    // Whoever led a partition is replaced by one of the two that are left.
    const reached = acked.length;
    const since = new Set(KEYS.map((key) => partitionOf(key, TOPIC.partitions)));
    await eventually(
      () => {
        for (const value of acked.slice(reached + 500))
          since.delete(partitionOf(value.split(' ')[0] as string, TOPIC.partitions));
        return since.size === 0;
      },
      `records of all partitions while broker ${index + 1} of ${NODES} is dead`,
    );
    if (index === NODES - 1) rmSync(dataDirOf(index), { recursive: true });
    await node.start();
  }
  const back = acked.length;
  await eventually(() => acked.length > back + 500, 'records with all brokers');
  await stop();

  const all = new ContractReader(log, { topics: [TOPIC.name], ephemeral: true });
  await all.consumer.ready();
  await eventually(() => new Set(all.texts).size >= new Set(acked).size, 'all that was acknowledged');
  for (const key of KEYS) {
    const stored = ofKey(key, all.texts);
    const there = new Set(stored);
    // What was not acknowledged may be there or not: what is there came once, in the order it was sent.
    expect(stored).toEqual(ofKey(key, sent).filter((value) => there.has(value)));
    expect(stored).toEqual(expect.arrayContaining(ofKey(key, acked)));
  }
  await eventually(() => {
    const handled = new Set(readers.flatMap(({ texts }) => texts));
    return acked.every((value) => handled.has(value));
  }, 'the group to have handled all of it');
  expect(readers.flatMap(({ halts }) => halts)).toEqual([]);
  await log.close();
}, 300_000);
