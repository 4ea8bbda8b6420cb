/** What a seed makes of a run: who talks, on how many machines, and which faults come how often. Few kinds of faults at once find more than all. */
import { Random } from './random.ts';

/** Faults that happen at a moment, each with a weight; 0: never. */
export const faultKinds = [
  'crash',
  'pause',
  'restart',
  'rebalance',
  'gatewayKill',
  'gatewayPause',
  'streamBreak',
  'registryFlush',
  'registryFailOver',
  'registryAway',
  'storeAway',
  'writesAway',
  'logAway',
  'clockJump',
  'logAges',
  'disconnect',
  'offline',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Scenario {
  readonly instances: number;
  readonly gateways: number;
  readonly people: number;
  readonly devicesMax: number;
  readonly conversations: number;
  readonly partitions: number;
  readonly bucketSeqs: number;
  readonly cacheBytesMax: number;
  readonly queueBytesMax: number;
  readonly batchRecordsMax: number;
  /** Commands that are submitted in all. */
  readonly commands: number;
  /** How often messages are edited, deleted and reacted to; 1: as people do. */
  readonly rewrites: number;
  /** How often groups change their settings, ban people and invite them by links; 1: now and then. */
  readonly groups: number;
  /** Probability that what is no direct conversation is begun as a channel. */
  readonly channels: number;
  /** How often people have messages disappear; 0: never. */
  readonly timers: number;
  /** Between two commands, on average. */
  readonly gapMs: number;
  /** Probability that the next command follows at once. */
  readonly burst: number;
  /** Probability of a gap of many minutes. */
  readonly longGap: number;
  /** Between two faults, on average; 0: none. */
  readonly faultGapMs: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** How long the store, its writes, the log or the registry stay away at most. */
  readonly awayMsMax: number;
  readonly pauseMsMax: number;
  /** Probability that the group gives up a paused process. */
  readonly pauseExpires: number;
  readonly offlineMsMax: number;
  /** How far clocks of processes are off at most; those of the instances of messages half of it. */
  readonly skewMsMax: number;
  /** Scales the probabilities of single calls that fail. */
  readonly flaky: number;
  /** How much of all faults the log, the store and presence show. */
  readonly flakyLog: number;
  readonly flakyStore: number;
  readonly flakyPresence: number;
  readonly abruptMove: number;
  readonly zombieCommits: number;
  readonly unawareMsMax: number;
  readonly unmarked: number;
  readonly untold: number;
  /** Probability that whoever acts goes offline right after. */
  readonly leaves: number;
  /** Instances of the release before, which know the rules of then alone. */
  readonly outdated: number;
}

export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed, 'scenario');
  const maybe = (probability: number, value: () => number): number => (random.chance(probability) ? value() : 0);
  const faults = Object.fromEntries(
    faultKinds.map((kind) => [kind, maybe(0.35, () => random.between(1, 4))]),
  ) as Record<FaultKind, number>;
  return {
    instances: random.between(1, 3),
    gateways: random.between(1, 3),
    people: random.between(2, 4),
    devicesMax: random.between(1, 2),
    conversations: random.between(1, 3),
    partitions: random.between(1, 2),
    bucketSeqs: random.pick([2, 3, 4, 8, 4096]),
    cacheBytesMax: random.pick([1, 3000, 1 << 20]),
    queueBytesMax: random.pick([300, 2000, 1 << 20]),
    batchRecordsMax: random.pick([1, 3, 8, 8]),
    commands: random.between(10, 60),
    rewrites: random.pick([1, 1, 4]),
    gapMs: random.pick([5, 60, 400, 3000, 20_000]),
    burst: random.pick([0, 0.3, 0.7]),
    longGap: maybe(0.3, () => 0.05),
    faultGapMs: maybe(0.9, () => random.pick([150, 800, 3000, 10_000, 60_000])),
    faults,
    awayMsMax: random.pick([500, 5000, 60_000, 15 * 60_000]),
    pauseMsMax: random.pick([300, 20_000, 100_000, 20 * 60_000]),
    pauseExpires: random.pick([0, 0.5, 0.9]),
    offlineMsMax: random.pick([60_000, 10 * 60_000, 40 * 60_000]),
    skewMsMax: random.pick([0, 1000, 150_000]),
    flaky: 1,
    flakyLog: maybe(0.5, () => random.next()),
    flakyStore: maybe(0.7, () => random.next()),
    flakyPresence: maybe(0.4, () => random.next()),
    abruptMove: random.next(),
    zombieCommits: maybe(0.6, () => random.next()),
    unawareMsMax: maybe(0.8, () => random.pick([500, 10_000, 60_000])),
    unmarked: maybe(0.4, () => 0.5),
    untold: maybe(0.6, () => random.pick([0.3, 1])),
    leaves: maybe(0.3, () => 0.2),
    groups: random.pick([0, 1, 4]),
    timers: random.pick([0, 0, 1]),
    outdated: random.between(0, 3),
    channels: random.pick([0, 0, 0.5, 1]),
  };
}
