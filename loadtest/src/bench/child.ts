/** A child process whose CPU time is known. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { type CpuTime, cpuOfProcess } from './cpu.ts';

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
    return cpuOfProcess(this.child.pid);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill('SIGTERM');
    await ended;
  }
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
