/** What is due at a time, while its owners are killed: scheduled messages are sent once, and messages that disappear are erased. */
import type { ClatterClient } from '@clatter/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterNet, until } from './index.ts';

const MESSAGES = 30;

let net: ClusterNet;
beforeAll(async () => {
  net = await ClusterNet.start({ counts: { messages: 2 } });
});
afterAll(() => net?.[Symbol.asyncDispose]());

it('owners that are killed with what is due leave nothing out, and do nothing twice', async () => {
  const [owner, member] = (await net.people('owner', 'member')) as ClatterClient[];
  if (!owner || !member) throw new Error('two people');
  const groups = await Promise.all([1, 2, 3].map((number) => owner.createGroup(`Group ${number}`, [member.userId])));
  const ids = groups.map(({ conversationId }) => conversationId);
  await owner.setDisappearing(ids[0] as string, 20);
  const startMs = Date.now() + 4000;
  const expected = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (let i = 0; i < MESSAGES; i++) {
    const id = ids[i % ids.length] as string;
    const messageId = await owner.schedule.send(id, `message ${i}`, startMs + i * 400);
    expected.get(id)?.push(messageId);
  }
  // The sessions of the sender end, and its devices are gone.
  await owner.logout();
  for (let kill = 0; kill < 6; kill++) {
    const process = net.cluster.process(`messages-${1 + (kill % 2)}`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await process.kill();
    await process.start();
  }
  const again = await net.device('owner');
  await until('all to be sent', async () => (await again.schedule.load()).length === 0, 90_000);
  for (const [id, messageIds] of expected) {
    const { events } = await again.history(id, { limit: 100 });
    const sent = events.flatMap(({ message }) => message?.messageId ?? []);
    expect(sent.toSorted()).toEqual(messageIds.toSorted());
  }
  const [gone] = ids as [string];
  await until(
    'the messages of the first group to be erased',
    async () => {
      const { events } = await again.history(gone, { limit: 100 });
      const erased = new Set(events.flatMap(({ expired }) => expired?.seqs ?? []));
      return events.every(({ seq, message }) => !message || erased.has(seq));
    },
    90_000,
  );
  expect(JSON.stringify(await again.history(gone, { limit: 100 }))).not.toContain('message ');
}, 240_000);
