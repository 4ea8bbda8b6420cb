/** One scenario: people talk while it happens again and again; then all is mended, everything is read back and checked. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../history/entry.ts';
import { HistoryChecker } from '../history/history-checker.ts';
import { Recorder, type Traffic } from '../history/recorder.ts';
import type { Latency } from '../latency.ts';
import { Crowd } from './crowd.ts';
import { Load } from './load.ts';
import type { FaultPlatform } from './platform.ts';
import { Random } from './random.ts';
import { type Disturbance, disturb, type Scenario } from './scenarios.ts';

export interface FaultRunOptions {
  readonly platform: FaultPlatform;
  readonly seed: number;
  /** How long it happens. */
  readonly forMs: number;
  /** A fault that lasts is over after so long. */
  readonly holdMsMax: number;
  /** Commands a second. */
  readonly rate: number;
  readonly print: (line: string) => void;
  /** Is given the record too, entry by entry. */
  readonly record?: (entry: Entry) => void;
}

export interface FaultRunResult {
  readonly scenario: string;
  readonly disturbances: readonly Disturbance[];
  readonly seconds: number;
  readonly acked: Latency;
  readonly traffic: Traffic;
  readonly checker: HistoryChecker;
}

/** Before the first fault and after the last one people talk undisturbed for so long. */
const CALM_MS = 1500;
/** After the last fault, until everybody has everything. */
const SETTLE_MS = 120_000;

export async function runFaults(scenario: Scenario, options: FaultRunOptions): Promise<FaultRunResult> {
  const { platform, seed, forMs, holdMsMax, rate, print, record } = options;
  const random = new Random(seed);
  const checker = new HistoryChecker();
  const recorder = new Recorder((entry) => {
    checker.take(entry);
    record?.(entry);
  });
  const run = Date.now().toString(36);
  const crowd = await Crowd.gather({ url: platform.cluster.url, recorder, run });
  try {
    const began = Date.now();
    const load = new Load(crowd, new Random(seed + 1), rate);
    const talking = load.run();
    const hold = (ms: number): Promise<void> => sleep(Math.min(ms, holdMsMax));
    let disturbances: readonly Disturbance[];
    try {
      await sleep(CALM_MS);
      disturbances = await disturb(scenario, { platform, random, hold }, forMs, ({ atMs, what }) =>
        print(`  ${(atMs / 1000).toFixed(1).padStart(6)} s  ${what}`),
      );
      await platform.recovered();
      await sleep(CALM_MS);
    } finally {
      load.stop();
    }
    await talking;
    const seconds = (Date.now() - began) / 1000;
    const open = await crowd.settle(SETTLE_MS);
    if (open.length > 0) print(`  open ${SETTLE_MS / 1000} s after the last fault:`);
    for (const line of open) print(`    ${line}`);
    await crowd.readBack();
    checker.finishAll();
    return { scenario: scenario.name, disturbances, seconds, acked: load.acked, traffic: recorder.traffic, checker };
  } finally {
    await crowd.close();
  }
}
