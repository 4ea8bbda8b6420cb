/**
 * Tells the other services and the other processes of presence, on clatter.sessions, of connections that come and go. Nobody waits for it:
 * small news that may be lost.
 */
import { type Connection, SessionRecord } from '@clatter/contracts/presence';
import { type Consumer, type EventLog, type Producer, recordHeaders, topics } from '@clatter/log';
import type { Clock, Logger } from '@clatter/runtime';
import type { WatchFeed } from './watch-feed.ts';

export type PublishSession = (connection: Connection, change: 'CONNECTED' | 'DISCONNECTED') => void;

export function sessionRecords(producer: Producer, clock: Clock, logger: Logger): PublishSession {
  return (connection, change) => {
    const value = SessionRecord.encode({ connection, atMs: clock.nowMs(), change });
    producer
      .send(topics.sessions.name, {
        key: connection.userId,
        value,
        headers: recordHeaders('presence.v1.SessionRecord'),
      })
      .catch((error) => logger.warn({ err: error }, 'a connection was not told to the other services'));
  };
}

/** Lets the feed hear, from now on, what all processes of presence tell. */
export function hearSessions(log: EventLog, feed: WatchFeed, logger: Logger): Consumer {
  return log.consume({
    group: 'presence-feed',
    topics: [topics.sessions.name],
    start: 'end',
    ephemeral: true,
    assign: async () => ({
      async onBatch(records) {
        for (const { value, offset } of records) {
          try {
            const { connection, change, atMs } = SessionRecord.decode(value);
            if (connection) feed.heard(connection, change, atMs);
          } catch (error) {
            logger.error({ err: error, offset }, 'a record is not of a connection');
          }
        }
      },
      async stop() {
        // Nothing is kept.
      },
    }),
  });
}
