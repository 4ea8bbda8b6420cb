/** What a run of the bench says: a table for people, JSON for programs, and the section of docs/benchmarks.md. */
import type { Rung } from './open-loop.ts';

export interface Measured extends Rung {
  /** Server CPU per message in µs: one command in, an ack and an event at each of two people out. Undefined where it cannot be read. */
  readonly cpuUs: number | undefined;
  /** The same by thread or process, most first. */
  readonly parts: readonly { readonly name: string; readonly cpuUs: number }[];
  /** Bytes that went over loopback per message, those of the generator too. */
  readonly wireBytes: number | undefined;
  /** CPU of the generator per message in µs. */
  readonly loadCpuUs: number;
}

export interface BenchRun {
  readonly machine: string;
  readonly load: string;
  readonly durability: string;
  readonly atIso: string;
  /** What the parts of the CPU time are. */
  readonly partsAre: 'thread' | 'process';
  readonly relay: readonly Measured[];
  readonly platform: readonly Measured[];
}

const PERCENTS = [50, 99, 99.9] as const;
const PART_US_MIN = 0.5;

const us = (value: number | undefined): string => (value === undefined ? 'unknown' : value.toFixed(1));

function row(name: string, rung: Measured): string {
  const latencies = [rung.acked, rung.delivered].flatMap((latency) =>
    PERCENTS.map((percent) => latency.percentile(percent).toFixed(1)),
  );
  const { rate, lostAcks, lostDeliveries, rejected, cpuUs, loadCpuUs } = rung;
  return `| ${[rate, name, lostAcks, lostDeliveries, rejected, ...latencies, us(cpuUs), us(loadCpuUs)].join(' | ')} |`;
}

function ratio(floor: Measured, own: Measured, partsAre: string): string {
  const times =
    own.cpuUs !== undefined && floor.cpuUs ? `${(own.cpuUs / floor.cpuUs).toFixed(2)} ×` : 'an unknown share of';
  const parts = own.parts.filter(({ cpuUs }) => cpuUs >= PART_US_MIN).map(({ name, cpuUs }) => `${name} ${us(cpuUs)}`);
  const bytes = own.wireBytes === undefined ? '' : `; ${own.wireBytes.toFixed(0)} bytes over loopback a message`;
  return `- ${own.rate}/s: ${times} the relay's CPU${parts.length > 0 ? `; by ${partsAre}, µs a message: ${parts.join(', ')}` : ''}${bytes}`;
}

export function describeBench({ machine, load, durability, atIso, partsAre, relay, platform }: BenchRun): string[] {
  const both = platform.flatMap((own) => {
    const floor = relay.find(({ rate }) => rate === own.rate);
    return floor ? [{ floor, own }] : [];
  });
  return [
    `Measured ${atIso.slice(0, 10)}. ${machine}`,
    '',
    load,
    '',
    durability,
    '',
    'Latencies in ms from the intended send time, CPU in µs a message.',
    '',
    '| rate /s | | lost acks | lost deliveries | rejected | ack p50 | p99 | p99.9 | delivered p50 | p99 | p99.9 | server CPU | load CPU |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...both.flatMap(({ floor, own }) => [row('relay', floor), row('Clatter', own)]),
    '',
    ...both.map(({ floor, own }) => ratio(floor, own, partsAre)),
  ];
}

export function benchJson(run: BenchRun): string {
  const plain = (rungs: readonly Measured[]): unknown[] =>
    rungs.map(({ acked, delivered, ...rung }) => ({
      ...rung,
      ackedMs: Object.fromEntries(PERCENTS.map((percent) => [`p${percent}`, acked.percentile(percent)])),
      deliveredMs: Object.fromEntries(PERCENTS.map((percent) => [`p${percent}`, delivered.percentile(percent)])),
    }));
  return `${JSON.stringify({ ...run, relay: plain(run.relay), platform: plain(run.platform) }, null, 2)}\n`;
}

/** What a section of the document is about; each has markers of its own. */
export interface Section {
  readonly title: string;
  readonly command: string;
}

/** The document with its section replaced; begun where there is none. */
export function withSection(
  document: string | undefined,
  { title, command }: Section,
  lines: readonly string[],
): string {
  const [begin, end] = [`<!-- ${command} writes from here -->`, `<!-- to here: ${command} -->`];
  const section = `${begin}\n${lines.join('\n')}\n${end}`;
  const before = document ?? '# Benchmarks\n';
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) return `${before.trimEnd()}\n\n## ${title}\n\n${section}\n`;
  return before.slice(0, from) + section + before.slice(to + end.length);
}
