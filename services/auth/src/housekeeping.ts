/** What is done every hour: keys are rotated, and sessions that are long over are dropped. */
import type { Clock, Logger } from '@clatter/runtime';

const HOUR_MS = 3_600_000;

/** Runs the jobs every hour, each whatever became of the others and never twice at once; the returned function ends that. */
export function keepHouse(parts: {
  clock: Clock;
  logger: Logger;
  jobs: Readonly<Record<string, () => Promise<void>>>;
}): () => void {
  const { clock, logger, jobs } = parts;
  const begin = Object.entries(jobs).map(([name, job]) =>
    oneAtATime(() =>
      job().catch((error) => logger.warn({ err: error }, `${name} failed; it is tried again in an hour`)),
    ),
  );
  let cancel: () => void;
  const again = (): void => {
    cancel = clock.timer(HOUR_MS, () => {
      for (const beginJob of begin) beginJob();
      again();
    });
  };
  again();
  return () => cancel();
}

/** Begins a run; while one is under way, however often it is asked for, one more follows it. */
function oneAtATime(run: () => Promise<void>): () => void {
  let running = false;
  let wanted = false;
  const begin = async (): Promise<void> => {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted) {
      wanted = false;
      await run();
    }
    running = false;
  };
  return () => void begin();
}
