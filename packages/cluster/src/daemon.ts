/**
 * A program that runs in the background and outlives whoever started it: `<name>.pid` and `<name>.log` in a folder of its own. Whoever
 * opens the folder later can ask for it, stop it, kill it and pause it. Linux alone: a process is known by its number and start time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  /** Of the files in the folder. */
  readonly name: string;
  /** What has to be there before the first start, such as a formatted data folder. */
  prepare?(): Promise<void>;
  readonly command: readonly [string, ...string[]];
  /** The whole environment beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asks it to end in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** It is killed after so long. */
  readonly stopMs: number;
  /** Whether it serves; `log` is what it has printed since it started. */
  ready(log: string): boolean | Promise<boolean>;
  readonly readyMs: number;
}

const POLL_MS = 50;

export class Daemon {
  readonly program: Program;
  readonly logFile: string;
  readonly #pidFile: string;
  #child: ChildProcess | undefined;

  constructor(program: Program, dir: string) {
    mkdirSync(dir, { recursive: true });
    this.program = program;
    this.logFile = join(dir, `${program.name}.log`);
    this.#pidFile = join(dir, `${program.name}.pid`);
  }

  get name(): string {
    return this.program.name;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    if (!existsSync(this.#pidFile)) return undefined;
    const [pid, startTime] = readFileSync(this.#pidFile, 'utf8').trim().split(' ');
    return startTime !== undefined && startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
  }

  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /** The last lines that it printed. */
  tail(lines = 20): string {
    return this.log.trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Starts it where it does not run, with more settings for this run. Resolves when it was started, not when it serves. */
  async spawn(more: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.pid !== undefined) return;
    await this.program.prepare?.();
    if (existsSync(this.logFile)) renameSync(this.logFile, `${this.logFile}.1`);
    const out = openSync(this.logFile, 'a');
    const [command, ...args] = this.program.command;
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', out, out],
      env: { PATH: process.env.PATH ?? '', ...this.program.env, ...more },
    });
    closeSync(out);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`${this.name}: cannot start ${command}: ${error.message}`)));
    });
    child.unref();
    this.#child = child;
    const pid = child.pid as number;
    writeFileSync(this.#pidFile, `${pid} ${startTimeOf(pid) ?? 'ended'}\n`);
  }

  /** Resolves when it serves. Rejects with its last lines where it ended or takes too long. */
  async ready(): Promise<void> {
    const until = Date.now() + this.program.readyMs;
    for (;;) {
      if (await this.serves()) return;
      if (this.pid === undefined) throw new Error(`${this.name} has ended:\n${this.tail()}`);
      if (Date.now() > until)
        throw new Error(`${this.name} is not ready after ${this.program.readyMs / 1000} s:\n${this.tail()}`);
      await sleep(POLL_MS);
    }
  }

  /** Whether it runs and serves now. */
  async serves(): Promise<boolean> {
    return this.pid !== undefined && (await this.program.ready(this.log));
  }

  async start(): Promise<void> {
    await this.spawn();
    await this.ready();
  }

  signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid !== undefined) process.kill(pid, signal);
  }

  /** Ends it in good order, or by force after `stopMs`. Resolves with whether it took no force. */
  async stop(): Promise<boolean> {
    this.signal('SIGCONT');
    this.signal(this.program.stopSignal);
    const graceful = await this.#gone(this.program.stopMs);
    if (!graceful) await this.kill();
    rmSync(this.#pidFile, { force: true });
    return graceful;
  }

  /** As a crash does it. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#gone(10_000);
  }

  /** Of the last run that this object started: undefined while it runs, null where a signal ended it. */
  get exitCode(): number | null | undefined {
    const child = this.#child;
    if (!child || (child.exitCode === null && child.signalCode === null)) return undefined;
    return child.exitCode;
  }

  async #gone(ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    // A child of this process is gone a moment before its exit code is known.
    while (this.pid !== undefined || (this.#child && this.exitCode === undefined)) {
      if (Date.now() > until) return false;
      await sleep(POLL_MS);
    }
    return true;
  }
}

/** Field 22 of proc_pid_stat(5); undefined for a process that is not there, or is a zombie that waits for its parent. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
