/** The life of a process: start, wait for a signal, stop. */
import { ConfigError } from './config.ts';
import { StartError } from './service.ts';

/**
 * Starts, waits for SIGINT or SIGTERM, stops, and exits with 0. What a person can mend is one clear line and exit 1; a second signal
 * ends the process at once.
 *
 * @param start gets a signal that aborts when the process was asked to stop: a start that waits for something can end early
 */
export async function runService(
  name: string,
  start: (stopping: AbortSignal) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  const stopping = new AbortController();
  let running: { stop(): Promise<void> } | undefined;
  let asked = false;
  const stop = (): void => {
    running?.stop().then(
      () => process.exit(0),
      (error) => fail(name, error),
    );
  };
  // Heard from the first moment on: who asks while it starts is answered when it has.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (asked) process.exit(1);
      asked = true;
      stopping.abort();
      stop();
    });
  try {
    running = await start(stopping.signal);
  } catch (error) {
    return fail(name, error);
  }
  if (asked) stop();
}

function fail(name: string, error: unknown): void {
  const clear = error instanceof ConfigError || error instanceof StartError;
  const text = clear ? (error as Error).message : ((error as Error)?.stack ?? String(error));
  for (const line of text.split('\n')) process.stderr.write(`${clear ? `${name}: ` : ''}${line}\n`);
  process.exit(1);
}
