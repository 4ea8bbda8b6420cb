/** What is done every hour: keys are rotated, and sessions that are long over are dropped. */
import type { Clock, Logger } from '@clatter/runtime';

const HOUR_MS = 3_600_000;

/** Runs the jobs every hour, each whatever became of the others; the returned function ends that. */
export function keepHouse(parts: {
  clock: Clock;
  logger: Logger;
  jobs: Readonly<Record<string, () => Promise<void>>>;
}): () => void {
  const { clock, logger, jobs } = parts;
  let cancel: () => void;
  const again = (): void => {
    cancel = clock.timer(HOUR_MS, () => {
      for (const [name, job] of Object.entries(jobs))
        job().catch((error) => logger.warn({ err: error }, `${name} failed; it is tried again in an hour`));
      again();
    });
  };
  again();
  return () => cancel();
}
