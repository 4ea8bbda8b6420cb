/** A child process whose CPU time is known: from /proc, all threads. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

export interface CpuTime {
  /** Seconds of all threads. */
  readonly total: number;
  readonly byThread: ReadonlyMap<string, number>;
}

export class BenchChild {
  readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts a Node program on one core, where taskset is there; resolves when its output has what `ready` looks for. */
  static async start(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    core: number | undefined,
    ready: RegExp,
  ): Promise<{ child: BenchChild; match: RegExpExecArray }> {
    const pinned =
      core === undefined ? [process.execPath, ...args] : ['taskset', '-c', String(core), process.execPath, ...args];
    const child = spawn(pinned[0] as string, pinned.slice(1), {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    const match = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.stdout?.on('data', (data: Buffer) => {
        output += data.toString();
        const found = ready.exec(output);
        if (found) resolve(found);
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
    });
    return { child: new BenchChild(child), match };
  }

  cpu(): CpuTime {
    const dir = `/proc/${this.child.pid}/task`;
    const byThread = new Map<string, number>();
    let total = 0;
    for (const task of readdirSync(dir)) {
      const stat = readFileSync(`${dir}/${task}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
      byThread.set(name, (byThread.get(name) ?? 0) + seconds);
      total += seconds;
    }
    return { total, byThread };
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill('SIGTERM');
    await ended;
  }
}

export function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Puts this process on the other cores than the server's. */
export function leaveCore(core: number, cores: number): void {
  const others = Array.from({ length: cores }, (_, index) => index).filter((index) => index !== core);
  execFileSync('taskset', ['-a', '-c', '-p', others.join(','), String(process.pid)], { stdio: 'ignore' });
}
