import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError } from '@clatter/wire';
import { expect, test, vi } from 'vitest';
import { OutageLog } from './outage-log.ts';

const away = (reason: string): ClatterError => new ClatterError('UNAVAILABLE', reason);

function outageLog() {
  const clock = new ManualClock();
  const logger = createLogger({ service: 'test', level: 'silent' });
  const warn = vi.spyOn(logger, 'warn');
  const said = (): unknown[] => warn.mock.calls.splice(0).map(([fields]) => fields);
  return { clock, log: new OutageLog(clock, logger), said };
}

test('says each reason at once, and again after 30 s with how often it was met', async () => {
  const { clock, log, said } = outageLog();
  for (let met = 0; met < 5; met++) log.note(away('connect ECONNREFUSED 10.0.0.7:9443'));
  log.note(away('another'));
  expect(said()).toEqual([
    { reason: 'connect ECONNREFUSED 10.0.0.7:9443', more: 0 },
    { reason: 'another', more: 0 },
  ]);
  await clock.advance(30_000);
  log.note(away('connect ECONNREFUSED 10.0.0.7:9443'));
  expect(said()).toEqual([{ reason: 'connect ECONNREFUSED 10.0.0.7:9443', more: 4 }]);
});

test('leaves other errors alone', () => {
  const { log, said } = outageLog();
  log.note(new ClatterError('INVALID', 'limit: want 1 to 100, got 0'));
  log.note(new Error('a bug'));
  expect(said()).toEqual([]);
});

test('remembers so many reasons, and says the ones that were forgotten again', () => {
  const { log, said } = outageLog();
  for (let reason = 0; reason <= 100; reason++) log.note(away(`reason ${reason}`));
  expect(said()).toHaveLength(101);
  log.note(away('reason 100'));
  log.note(away('reason 1'));
  expect(said()).toEqual([]);
  log.note(away('reason 0'));
  expect(said()).toEqual([{ reason: 'reason 0', more: 0 }]);
});
