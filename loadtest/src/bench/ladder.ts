/** Climbs the rates, one rung after the other, on connected pairs, and reads what each cost. */
import { type CpuSource, loopbackBytes } from './cpu.ts';
import { openLoop, type Pair } from './open-loop.ts';
import type { Measured } from './report.ts';

const WARM_UP_RATE_MAX = 2000;

export interface Ladder {
  readonly name: string;
  readonly server: CpuSource;
  readonly pairs: readonly Pair[];
  readonly rates: readonly number[];
  readonly seconds: number;
  /** One rung of this many seconds does not count: code is compiled meanwhile, files get their size. */
  readonly warmUpSeconds: number;
  /** Tells which frames acknowledge; absent: what comes back to the sender does. */
  readonly isAck?: (text: string) => boolean;
  readonly print: (line: string) => void;
}

export async function climb(ladder: Ladder): Promise<Measured[]> {
  const { name, server, pairs, rates, seconds, warmUpSeconds, isAck, print } = ladder;
  const measured: Measured[] = [];
  const warmUp = Math.min(...rates, WARM_UP_RATE_MAX);
  await openLoop(pairs, warmUp, warmUpSeconds, 1, isAck);
  let base = 1 + warmUp * warmUpSeconds;
  for (const rate of rates) {
    const before = server.cpu();
    const bytesBefore = loopbackBytes();
    const loadBefore = process.cpuUsage();
    const rung = await openLoop(pairs, rate, seconds, base, isAck);
    const load = process.cpuUsage(loadBefore);
    const after = server.cpu();
    const bytes = loopbackBytes();
    base += rate * seconds;
    const perMessage = (from: number, to: number): number => ((to - from) / rung.sent) * 1e6;
    const parts = [...(after?.parts ?? [])]
      .map(([part, time]) => ({ name: part, cpuUs: perMessage(before?.parts.get(part) ?? 0, time) }))
      .sort((a, b) => b.cpuUs - a.cpuUs);
    measured.push({
      ...rung,
      cpuUs: before && after && perMessage(before.total, after.total),
      parts,
      wireBytes: bytesBefore === undefined || bytes === undefined ? undefined : (bytes - bytesBefore) / rung.sent,
      loadCpuUs: (load.user + load.system) / rung.sent,
    });
    const { cpuUs } = measured.at(-1) as Measured;
    print(
      `${name} at ${rate}/s: acks ${rung.acked}; ${cpuUs?.toFixed(1) ?? 'unknown'} µs CPU a message; lost ${rung.lostAcks} acks, ${rung.lostDeliveries} deliveries; rejected ${rung.rejected}`,
    );
  }
  return measured;
}
