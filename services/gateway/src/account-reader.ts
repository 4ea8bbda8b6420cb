/** Reads clatter.accounts in a group of its own, from a while back: sockets of ended sessions close on every gateway. */
import { AccountRecord } from '@clatter/contracts/auth';
import { type Consumer, type EventLog, topics } from '@clatter/log';
import { type Clock, inTrace, type Logger } from '@clatter/runtime';
import type { Hub } from './hub.ts';

const BACK_MS = 15 * 60_000;

export function readAccounts(parts: {
  log: EventLog;
  hub: Hub;
  clock: Clock;
  logger: Logger;
  gatewayId: string;
  onHalt: (error: unknown) => void;
}): Consumer {
  const { log, hub, clock, logger, gatewayId, onHalt } = parts;
  return log.consume({
    group: `gateway-${gatewayId}`,
    topics: [topics.accounts.name],
    start: { sinceMs: clock.nowMs() - BACK_MS },
    ephemeral: true,
    onHalt: (_topic, _partition, error) => onHalt(error),
    assign: async () => ({
      async onBatch(records) {
        for (const record of records) {
          try {
            const account = AccountRecord.decode(record.value);
            inTrace(record.headers.traceparent, () => hub.onAccount(account));
          } catch (error) {
            logger.error({ err: error, offset: record.offset }, 'a record is not of an account');
          }
        }
      },
      async stop() {
        // Nothing is kept.
      },
    }),
  });
}
