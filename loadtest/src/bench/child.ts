/** A child process whose CPU time is known: from Linux's /proc, all threads (proc_pid_stat(5)). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface CpuTime {
  /** Seconds of all threads, those that have ended too. */
  readonly total: number;
  /** Seconds by the name of the threads that are there. */
  readonly byThread: ReadonlyMap<string, number>;
}

export class BenchChild {
  readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts a Node program on one core, where one is given; resolves when its output has what `ready` looks for. */
  static async start(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    core: number | undefined,
    ready: RegExp,
  ): Promise<{ child: BenchChild; match: RegExpExecArray }> {
    const pinned = core === undefined ? [] : ['taskset', '-c', String(core)];
    const [program, ...rest] = [...pinned, process.execPath, ...args] as [string, ...string[]];
    const child = spawn(program, rest, {
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
      child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}: ${output}`)));
    });
    return { child: new BenchChild(child), match };
  }

  /** Undefined where there is no /proc. */
  cpu(): CpuTime | undefined {
    const dir = `/proc/${this.child.pid}`;
    if (!existsSync(dir)) return undefined;
    const byThread = new Map<string, number>();
    for (const task of readdirSync(`${dir}/task`)) {
      const { name, seconds } = readStat(`${dir}/task/${task}/stat`);
      byThread.set(name, (byThread.get(name) ?? 0) + seconds);
    }
    return { total: readStat(`${dir}/stat`).seconds, byThread };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill('SIGTERM');
    await ended;
  }
}

function readStat(file: string): { name: string; seconds: number } {
  const stat = readFileSync(file, 'utf8');
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  // utime and stime are fields 14 and 15; those before the name's end are pid and comm.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { name, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
}

/** Puts this process on the other cores than the server's. False where that cannot be done. */
export function leaveCore(core: number, cores: number): boolean {
  const others = Array.from({ length: cores }, (_, index) => index).filter((index) => index !== core);
  if (others.length === 0) return false;
  try {
    execFileSync('taskset', ['-a', '-c', '-p', others.join(','), String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
