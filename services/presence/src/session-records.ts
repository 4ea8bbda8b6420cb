/** Tells the other services, on clatter.sessions, of connections that come and go. Nobody waits for it: small news that may be lost. */
import { type Connection, SessionRecord } from '@clatter/contracts/presence';
import { type Producer, recordHeaders, topics } from '@clatter/log';
import type { Clock, Logger } from '@clatter/runtime';

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
