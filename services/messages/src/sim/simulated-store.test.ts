/** Without faults the simulated store passes the contract: what the simulator proves, it proves on a store that keeps the promises. */
import { messageStoreContract } from '../message-store.contract.ts';
import { BUCKET_SEQS } from '../ports.ts';
import { Random } from './random.ts';
import { Life, Scheduler } from './scheduler.ts';
import { noStoreFaults, SimulatedStore, storeRules } from './simulated-store.ts';

/** Draws no call that is so slow that it times out. */
class Swift extends Random {
  override next(): number {
    return super.next() * 0.9;
  }
}

messageStoreContract('simulated', async () => {
  const scheduler = new Scheduler(new Swift(1), 0);
  const simulated = new SimulatedStore({
    scheduler,
    random: new Random(2),
    bucketSeqs: BUCKET_SEQS,
    faults: noStoreFaults(),
    // One order of all writes, as one process has it.
    rules: { ...storeRules(), copies: 3, ties: 'first' },
    watcher: {},
  });
  let processes = 0;
  const connect = () => simulated.connect(new Life(scheduler, `p${processes++}`));
  let store = connect();
  let ended = false;
  const run = async (): Promise<void> => {
    while (!ended) if (!(await scheduler.step())) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const running = run();
  return {
    get store() {
      return store;
    },
    async reopen() {
      store = connect();
    },
    async end() {
      ended = true;
      await running;
    },
  };
});
