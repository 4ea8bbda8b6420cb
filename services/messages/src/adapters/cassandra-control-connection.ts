/**
 * Keeps the driver's control connection going. When no host was up, cassandra-driver 4.10.0 (`_refreshControlConnection`, NODEJS-632)
 * watches the new connection twice, so each later outage starts two refreshes, which watch it twice each. They share their fields, and
 * one reads `this.connection.endpoint` after another has set it to null: from a timer, that TypeError ends the process; from elsewhere it
 * is dropped, and the topology is never read again.
 */
import { backoff, type Clock, type Logger } from '@clatter/runtime';
import type { Client } from 'cassandra-driver';

interface ControlConnection {
  _isShuttingDown: boolean;
  /** With hosts it goes on with a refresh that is under way. */
  _refresh(hosts?: unknown): Promise<void>;
}

const RETRY = { baseMs: 500, maxMs: 5000 };

/** One refresh at a time, and one that threw is tried again. */
export function guardControlConnection(client: Client, clock: Clock, logger: Logger): void {
  const control = (client as unknown as { controlConnection: ControlConnection }).controlConnection;
  const refresh = control._refresh.bind(control);
  let running: Promise<void> | undefined;
  let failures = 0;
  const guarded = async (): Promise<void> => {
    try {
      await refresh();
      failures = 0;
    } catch (error) {
      if (control._isShuttingDown) return;
      logger.debug({ reason: (error as Error).message }, 'the control connection to Cassandra is made again');
      clock.timer(backoff(failures++, RETRY), () => void control._refresh());
    } finally {
      running = undefined;
    }
  };
  control._refresh = (hosts) => {
    if (hosts) return refresh(hosts);
    running ??= guarded();
    return running;
  };
}
