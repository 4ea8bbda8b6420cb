/** CPU time of processes, from Linux's /proc (proc_pid_stat(5)). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface CpuTime {
  /** Seconds of all threads, those that have ended too. */
  readonly total: number;
  /** Seconds by part: the threads of one process by their names, or the processes of a cluster. */
  readonly parts: ReadonlyMap<string, number>;
}

/** Something whose CPU time can be read; undefined where it cannot. */
export interface CpuSource {
  cpu(): CpuTime | undefined;
}

/** Of one process, by thread. */
export function cpuOfProcess(pid: number | undefined): CpuTime | undefined {
  const dir = `/proc/${pid}`;
  if (!existsSync(dir)) return undefined;
  const parts = new Map<string, number>();
  for (const task of readdirSync(`${dir}/task`)) {
    const { name, seconds } = readStat(`${dir}/task/${task}/stat`);
    parts.set(name, (parts.get(name) ?? 0) + seconds);
  }
  return { total: readStat(`${dir}/stat`).seconds, parts };
}

/** Of several processes and all that they start, by their names. */
export function cpuOfProcesses(pids: ReadonlyMap<string, number | undefined>): CpuTime | undefined {
  const parts = new Map<string, number>();
  let total = 0;
  for (const [name, pid] of pids) {
    if (pid === undefined) return undefined;
    const seconds = familyOf(pid).reduce((sum, member) => sum + readStat(`/proc/${member}/stat`).seconds, 0);
    parts.set(name, seconds);
    total += seconds;
  }
  return { total, parts };
}

/** A process and its children: PostgreSQL has one for each connection. */
function familyOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  const children = readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

/** Bytes that went over loopback so far. */
export function loopbackBytes(): number | undefined {
  if (!existsSync('/proc/net/dev')) return undefined;
  const counters = /^\s*lo:\s*(\d+)/m.exec(readFileSync('/proc/net/dev', 'utf8'));
  return counters ? Number(counters[1]) : undefined;
}

function readStat(file: string): { name: string; seconds: number } {
  const stat = readFileSync(file, 'utf8');
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  // utime and stime are fields 14 and 15; those before the name's end are pid and comm.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { name, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
}
