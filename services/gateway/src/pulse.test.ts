import { ManualClock } from '@clatter/runtime/testing';
import { afterEach, expect, test } from 'vitest';
import { Pulse } from './pulse.ts';

/** A clock whose timers stand still while its time goes on. */
class StallingClock extends ManualClock {
  stalledMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.stalledMs;
  }
}

const clock = new StallingClock();
const pulses: Pulse[] = [];
const start = (): Pulse => {
  const pulse = new Pulse(clock);
  pulses.push(pulse);
  return pulse;
};
afterEach(() => {
  for (const pulse of pulses.splice(0)) pulse.stop();
  expect(clock.waiting).toBe(0);
});

test('while the process runs, what is read has just come', async () => {
  const pulse = start();
  for (let i = 0; i < 50; i++) {
    await clock.advance(3000);
    expect(pulse.earliestMs).toBe(clock.nowMs());
  }
});

test('what is read after a stall may have come at its beginning, whether or not a timer fired since', async () => {
  const pulse = start();
  await clock.advance(30_000);
  const beforeMs = clock.nowMs();
  clock.stalledMs += 20 * 60_000;
  expect(pulse.earliestMs).toBe(beforeMs);
  await clock.advance(10_000);
  expect(pulse.earliestMs).toBe(beforeMs);
  await clock.advance(60_000);
  expect(pulse.earliestMs).toBe(clock.nowMs());
});

test('of stalls that follow each other at once, the first counts', async () => {
  const pulse = start();
  await clock.advance(30_000);
  const beforeMs = clock.nowMs();
  clock.stalledMs += 5 * 60_000;
  await clock.advance(5000);
  clock.stalledMs += 5 * 60_000;
  await clock.advance(2000);
  expect(pulse.earliestMs).toBe(beforeMs);
});
