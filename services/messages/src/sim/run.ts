/** One run: a seed, its scenario, so many steps of trouble; then all is mended, and when nothing is under way any more everybody must hold everything. */
import { Chatter } from './chatter.ts';
import { checkReads } from './end-checks.ts';
import { Faults } from './faults.ts';
import type { Violation } from './invariants.ts';
import { Random } from './random.ts';
import { allRules, type Rules } from './rules.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Steps until all is mended. */
  readonly steps: number;
  /** Changes what the seed says. */
  readonly scenario?: Partial<Scenario>;
  readonly rules?: Rules;
  /** Does something of its own to the world when all else is mended. */
  readonly meddle?: (world: World) => void;
}

export interface RunResult {
  readonly violation: Violation | undefined;
  readonly steps: number;
  readonly fingerprint: number;
  readonly trace: readonly string[];
  readonly events: number;
  readonly virtualMs: number;
}

/** Steps that a mended world may take until nothing is under way. */
const REST_STEPS_MAX = 40_000;
/** Registries heal and late copies arrive within this. */
const REST_MS = 70_000;
/** The reads at the end take less. */
const SOON_MS = 10 * 60_000;
const LONG_GAP_MS = 15 * 60_000;

export async function run({
  seed,
  steps,
  scenario: changes,
  rules = allRules(),
  meddle,
}: RunOptions): Promise<RunResult> {
  const scenario = { ...scenarioOf(seed), ...changes };
  const world = new World(seed, scenario, rules);
  const { scheduler, checks } = world;
  const startMs = scheduler.nowMs;
  const faults = new Faults(world, seed);
  let submitted = 0;
  let mended = false;
  const random = new Random(seed, 'people act');
  const chatter = new Chatter(new Random(seed, 'chatter'), world.userIds, scenario);
  const act = (): void => {
    if (mended || submitted >= scenario.commands) return;
    submitted++;
    const informed = world.clients.filter(({ conversations }) => conversations.size > 0);
    const client = random.pick(informed.length > 0 && random.chance(0.9) ? informed : world.clients);
    const submission = chatter.next(client);
    checks.onSubmit(client, submission);
    scheduler.note(
      `${client.life.name} wants ${submission.commandId.slice(0, 8)} in ${submission.conversationId.slice(-6)}`,
    );
    client.submit(submission);
    if (random.chance(scenario.leaves)) {
      scheduler.later(`${client.life.name} leaves`, () => !mended && client.goOffline());
      scheduler.later(`${client.life.name} is back`, () => client.goOnline(), random.next() * scenario.offlineMsMax);
    }
    later();
  };
  const later = (): void => {
    const gapMs = random.chance(scenario.burst)
      ? 0
      : random.chance(scenario.longGap)
        ? random.next() * LONG_GAP_MS
        : -Math.log(1 - random.next()) * scenario.gapMs;
    scheduler.later('somebody acts', act, gapMs);
  };
  for (const client of world.clients) scheduler.later(`${client.life.name} starts`, () => client.goOnline());
  later();

  const result = (): RunResult => ({
    violation: checks.violation,
    steps: scheduler.steps,
    fingerprint: scheduler.fingerprint >>> 0,
    trace: scheduler.trace,
    events: [...checks.reference.conversations.values()].reduce((sum, { moments }) => sum + moments.length, 0),
    virtualMs: scheduler.nowMs - startMs,
  });

  /** Steps until `done`, or a violation. */
  const until = async (done: () => boolean, stepsMax: number): Promise<boolean> => {
    for (const end = scheduler.steps + stepsMax; !checks.violation && scheduler.steps < end; ) {
      if (done()) return true;
      if (!(await scheduler.step())) return done();
    }
    return false;
  };

  const talked = (): boolean => submitted >= scenario.commands;
  await until(talked, steps);
  // What was just submitted meets some trouble too.
  await until(() => false, Math.min(steps, 200));
  if (checks.violation) return result();

  scheduler.note('all is mended');
  mended = true;
  faults.mend();
  meddle?.(world);
  // The last commit may have been lost: the next record makes up for it.
  scheduler.later('a record for each partition', () => world.nudge(), 5000);
  const mendedMs = scheduler.nowMs;
  // What disappears soon does so before the end is looked at: it is an event like any other. A log whose clock jumped ahead has others.
  const waiting = (): string[] => {
    const soonMs = scheduler.nowMs + scenario.skewMsMax + SOON_MS;
    return [...checks.toDisappear(soonMs), ...checks.toSend(soonMs)];
  };
  const idle = (): boolean =>
    world.clients.every((client) => client.idle) &&
    world.gateways.every((gateway) => gateway.idle) &&
    world.caughtUp &&
    waiting().length === 0;
  // Twice, with time in between: what heals by itself must have had its turn.
  let idleAtMs = 0;
  const rested = (): boolean => {
    if (!idle()) idleAtMs = 0;
    else if (idleAtMs === 0) idleAtMs = scheduler.nowMs;
    return idleAtMs > 0 && scheduler.nowMs - idleAtMs > 25_000 && scheduler.nowMs - mendedMs > REST_MS;
  };
  if (!(await until(rested, REST_STEPS_MAX)) && !checks.violation) {
    const doing = world.clients
      .filter((client) => !client.idle)
      .map((client) => `${client.life.name}: ${client.doing}`);
    checks.fail(
      20,
      `nothing goes wrong any more, yet it does not come to rest: ${[...doing, world.caughtUp ? '' : 'the log is not committed to its end', ...waiting()].filter(Boolean).join('; ')}`,
    );
  }
  if (!checks.violation) checks.atRest(world.clients);
  if (!checks.violation) checks.checkSent();
  if (!checks.violation) {
    let done = false;
    void checkReads(world).then(
      () => (done = true),
      (error) => checks.fail(0, `a read at the end failed: ${(error as Error).message}`),
    );
    if (!(await until(() => done, REST_STEPS_MAX))) checks.fail(0, 'the reads at the end do not return');
  }
  return result();
}
