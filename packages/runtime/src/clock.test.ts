import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from './index.ts';
import { ManualClock } from './testing.ts';

describe('systemClock', () => {
  it('fires a timer once, unless it was cancelled', async () => {
    const fired: string[] = [];
    const cancel = systemClock.timer(1, () => fired.push('cancelled'));
    systemClock.timer(1, () => fired.push('kept'));
    cancel();
    await sleep(systemClock, 30);
    expect(fired).toEqual(['kept']);
  });
});

describe('sleep', () => {
  it('lasts as long as it was told', async () => {
    const clock = new ManualClock();
    let awake = false;
    void sleep(clock, 100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
  });

  it('ends at once when its signal aborts, and leaves no timer', async () => {
    const clock = new ManualClock();
    const aborter = new AbortController();
    const slept = sleep(clock, 1e9, aborter.signal);
    expect(clock.waiting).toBe(1);
    aborter.abort();
    await slept;
    await sleep(clock, 1e9, aborter.signal);
    expect(clock.waiting).toBe(0);
  });
});
