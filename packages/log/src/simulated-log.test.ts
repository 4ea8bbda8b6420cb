/** Without faults the simulated log passes the contract: what the simulator proves, it proves on a log that keeps the promises. */

import { eventLogContract } from './event-log.contract.ts';
import type { EventLog } from './event-log.ts';
import { noLogFaults, SimulatedLog, type SimulatedProcess } from './simulated-log.ts';

/** A process whose turns come a moment later, until it is killed. */
class Process implements SimulatedProcess {
  readonly name: string;
  killed = false;

  constructor(name: string) {
    this.name = name;
  }

  later(_what: string, run: () => void, delayMs = 0): void {
    setTimeout(() => !this.killed && run(), delayMs);
  }
}

eventLogContract('simulated', async (topics) => {
  const faults = noLogFaults();
  const simulated = new SimulatedLog({
    network: { later: (_what, run, delayMs = 0) => void setTimeout(run, delayMs), nowMs: Date.now, random: () => 0.5 },
    topics: Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions])),
    faults,
  });
  let processes = 0;
  const next = (): Process => new Process(`p${processes++}`);
  let process = next();
  let log: EventLog = simulated.connect(process);
  return {
    get log() {
      return log;
    },
    async restart() {
      await log.close();
      process = next();
      log = simulated.connect(process);
    },
    async crash() {
      process.killed = true;
      simulated.expire(process);
      process = next();
      log = simulated.connect(process);
    },
    async refuse() {
      faults.away = true;
      return async () => {
        faults.away = false;
      };
    },
    another: async () => simulated.connect(next()),
    end: () => log.close(),
  };
});
