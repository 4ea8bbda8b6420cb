/** The members who are online, in processes of their own: one process has 20,000 files at most. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromListeners, ToListeners } from './listener-messages.ts';

export interface Heard {
  /** Of each message: how many sockets have it, and when the last one of all got it, in ms since 1970. */
  readonly counts: readonly number[];
  readonly lastMs: readonly number[];
}

export class Audience implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];

  constructor(processes: number) {
    const program = fileURLToPath(new URL('./listeners.js', import.meta.url));
    this.#children = Array.from({ length: processes }, () => fork(program, { stdio: 'inherit' }));
  }

  /** Resolves when all are connected. */
  async open(urls: readonly string[], tokens: readonly string[]): Promise<void> {
    const each = Math.ceil(tokens.length / this.#children.length);
    await Promise.all(
      this.#children.map((child, index) =>
        ask(child, { kind: 'open', urls, tokens: tokens.slice(index * each, (index + 1) * each) }, 'open'),
      ),
    );
  }

  measure(base: number, count: number): void {
    for (const child of this.#children) child.send({ kind: 'measure', base, count } satisfies ToListeners);
  }

  async heard(): Promise<Heard> {
    const all = await Promise.all(this.#children.map((child) => ask(child, { kind: 'report' }, 'heard')));
    const first = all[0] as Heard;
    return {
      counts: first.counts.map((_, i) => all.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0)),
      lastMs: first.lastMs.map((_, i) => Math.max(...all.map(({ lastMs }) => lastMs[i] ?? 0))),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.disconnect();
  }
}

type Answer<K extends FromListeners['kind']> = Extract<FromListeners, { kind: K }>;

function ask<K extends FromListeners['kind']>(child: ChildProcess, message: ToListeners, kind: K): Promise<Answer<K>> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: FromListeners): void => {
      if (answer.kind === 'failed') reject(new Error(answer.reason));
      else if (answer.kind === kind) {
        child.off('message', onMessage);
        resolve(answer as Answer<K>);
      }
    };
    child.on('message', onMessage);
    child.once('exit', (code) => reject(new Error(`a process of listeners ended with ${code}`)));
    child.send(message);
  });
}
