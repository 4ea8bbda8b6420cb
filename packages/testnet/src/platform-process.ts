/** The platform as `make run` starts it, in a process of its own that can be killed and started again on the same data. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TEST_ENV } from './testnet.ts';

const MAIN = fileURLToPath(import.meta.resolve('@clatter/standalone/main'));

export class PlatformProcess {
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #output = '';

  /** @param env must set CLATTER_DATA_DIR and CLATTER_HTTP_PORT, since clients come back to the same address */
  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#env.CLATTER_HTTP_PORT}`;
  }

  get output(): string {
    return this.#output;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    this.#output = '';
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH ?? '', ...TEST_ENV, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const read = (data: Buffer): void => {
        this.#output += data.toString();
        if (this.#output.includes('Clatter is running')) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', (code) => reject(new Error(`the platform ended with ${code}: ${this.#output}`)));
    });
  }

  /** Resolves with the exit code; null after a kill. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return ended;
  }
}
