/** Shows how far a long job is: a bar on a terminal, otherwise a line now and then. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  readonly done: number;
  add(count: number): void;
  stop(): void;
}

export interface ProgressOptions {
  /** Whether to draw a bar. */
  readonly interactive: boolean;
  readonly print: (line: string) => void;
}

export function startProgress({ interactive, print }: ProgressOptions, what: string, total: number): Progress {
  let done = 0;
  let shown = 0;
  const bar = interactive
    ? new SingleBar({
        format: `${what} {bar} {percentage}% | {value}/{total} | {duration_formatted}`,
        hideCursor: true,
        etaBuffer: 1000,
      })
    : undefined;
  bar?.start(total, 0);
  return {
    get done() {
      return done;
    },
    add(count) {
      done += count;
      bar?.update(done);
      if (bar || done - shown < total / 10) return;
      shown = done;
      print(`${what}: ${done} of ${total}`);
    },
    stop: () => bar?.stop(),
  };
}
