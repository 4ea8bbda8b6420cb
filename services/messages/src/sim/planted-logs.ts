/** Logs that are no longer what they were (rule 17): done to a world in which all else is mended, while people go on talking. */
import { Command } from '@clatter/contracts/messages';
import { Chatter } from './chatter.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

/** Until an owner has the partition, and what was said is stored. */
const STORED_MS = 20_000;

/** The log lost its last records after they were applied, and gives their offsets again. */
export function loseEnd(world: World): void {
  for (const client of world.clients) client.goOffline();
  world.scheduler.later(
    'the log loses its end',
    () => {
      for (const partition of world.commands) partition.truncate(2);
      replaceInstances(world);
      // Not before an owner has looked: a log that has grown past its old end by then is known by its records alone.
      world.scheduler.later('people come back', () => talkOn(world), STORED_MS);
    },
    STORED_MS,
  );
}

/** The log lost records that were applied and not committed, and has others at their offsets by the time that an owner looks. */
export function swapEnd(world: World): void {
  world.logFaults.commitLost = 1;
  talkOn(world);
  world.scheduler.later(
    'people fall silent',
    () => {
      for (const client of world.clients) client.goOffline();
      // Not before what they said last is stored: a record that nobody applied may be another.
      world.scheduler.later('the end of the log is another', () => swapLast(world), STORED_MS);
    },
    STORED_MS,
  );
}

function swapLast(world: World): void {
  for (const partition of world.commands) {
    const lost = partition.records.slice(-2);
    partition.truncate(2);
    for (const { key, value, headers } of lost) {
      const command = { ...Command.decode(value), commandId: new Random(1, 'swapped').uuid(), replyTo: undefined };
      const record = partition.append({ key, value: Command.encode(command), headers }, world.scheduler.nowMs, 0);
      world.checks.onAppend(record);
    }
  }
  world.logFaults.commitLost = 0;
  replaceInstances(world);
  for (const client of world.clients) client.goOnline();
}

/** Whatever instances there are, a new one takes over. */
export function replaceInstances(world: World): void {
  for (const instance of [...world.instances]) world.killInstance(instance, 0);
  world.startInstance();
}

function talkOn(world: World): void {
  const chatter = new Chatter(new Random(1, 'goes on'), world.userIds, world.scenario);
  for (const client of world.clients) {
    client.goOnline();
    for (let i = 0; i < 4; i++) {
      const submission = chatter.next(client);
      world.checks.onSubmit(client, submission);
      client.submit(submission);
    }
  }
}
