/** What goes wrong in a run, and how it is mended at the end. */
import { topics } from '@clatter/log';
import { Random } from './random.ts';
import type { FaultKind } from './scenario.ts';
import type { World } from './world.ts';

/** The group's session timeout. */
const SESSION_MS = 6000;

export class Faults {
  readonly #world: World;
  readonly #random: Random;
  #over = false;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = new Random(seed, 'faults');
    this.#flaky();
    if (world.scenario.faultGapMs > 0 && Object.values(world.scenario.faults).some((weight) => weight > 0))
      this.#next();
  }

  /** From now on nothing goes wrong any more; what is away comes back, who is paused goes on. */
  mend(): void {
    const { logFaults, storeFaults, presence, gateways, instances, clients } = this.#world;
    this.#over = true;
    Object.assign(logFaults, {
      sendLost: 0,
      sendUnknown: 0,
      sendLate: 0,
      commitLost: 0,
      zombieCommits: 0,
      offsetGap: 0,
      abruptMove: 0,
      away: false,
    });
    Object.assign(storeFaults, {
      replicaMiss: 0,
      replicaLate: 0,
      writeRefused: 0,
      writeUnknown: 0,
      readFails: 0,
      away: false,
      writesAway: false,
    });
    Object.assign(presence.faults, { callFails: 0, away: false });
    for (const { life } of [...gateways, ...instances]) life.resume();
    if (gateways.length === 0) this.#world.startGateway();
    if (instances.length === 0) this.#world.startInstance();
    for (const client of clients) client.goOnline();
  }

  #flaky(): void {
    const { logFaults, storeFaults, presence, scenario } = this.#world;
    const { flaky, flakyLog, flakyStore, flakyPresence } = scenario;
    const log = flaky * flakyLog;
    Object.assign(logFaults, {
      sendLost: 0.15 * log,
      sendUnknown: 0.15 * log,
      sendLate: 0.1 * log,
      commitLost: 0.3 * log,
      offsetGap: 0.1 * log,
      zombieCommits: scenario.zombieCommits,
      abruptMove: scenario.abruptMove,
      unawareMsMax: scenario.unawareMsMax,
    });
    const store = flaky * flakyStore;
    Object.assign(storeFaults, {
      replicaMiss: 0.2 * store,
      replicaLate: 0.3 * store,
      writeRefused: 0.08 * store,
      writeUnknown: 0.1 * store,
      readFails: 0.06 * store,
      readSplit: 0.4,
    });
    presence.faults.callFails = 0.15 * flaky * flakyPresence;
  }

  #next(): void {
    const { scheduler, scenario } = this.#world;
    const gapMs = -Math.log(1 - this.#random.next()) * scenario.faultGapMs;
    const kind = this.#random.weighted(scenario.faults);
    scheduler.later(
      `fault: ${kind}`,
      () => {
        if (this.#over) return;
        this.#happen[kind]();
        this.#next();
      },
      gapMs,
    );
  }

  /** Something goes wrong now, and is mended after a time of the seed. */
  #for(maxMs: number, what: string, begin: () => void, end: () => void): void {
    begin();
    // Short ones are the rule.
    this.#world.scheduler.later(what, end, this.#random.next() ** 3 * maxMs);
  }

  readonly #happen: Readonly<Record<FaultKind, () => void>> = {
    crash: () => {
      const { instances } = this.#world;
      if (instances.length === 0) return;
      const instance = this.#random.pick(instances);
      this.#world.scheduler.note(`  ${instance.life.name} is killed`);
      this.#world.killInstance(instance, this.#random.next() * SESSION_MS);
      this.#world.scheduler.later(
        'an instance of messages starts',
        () => this.#world.startInstance(),
        this.#random.next() * 5000,
      );
    },
    pause: () => {
      const { running } = this.#world;
      if (running.length === 0) return;
      const { life } = this.#random.pick(running);
      this.#for(
        this.#world.scenario.pauseMsMax,
        `${life.name} goes on`,
        () => life.pause(),
        () => life.resume(),
      );
      this.#world.scheduler.note(`  ${life.name} is paused`);
      // Silent for too long: others get its partitions, and a new instance comes.
      if (this.#random.chance(this.#world.scenario.pauseExpires))
        this.#world.expire(life, this.#random.next() * SESSION_MS);
      if (this.#random.chance(0.7))
        this.#world.scheduler.later('an instance of messages starts', () => this.#more(), this.#random.next() * 5000);
    },
    restart: () => {
      const { running } = this.#world;
      if (running.length === 0) return;
      const instance = this.#random.pick(running);
      this.#world.scheduler.note(`  ${instance.life.name} is restarted`);
      this.#world.startInstance();
      this.#world.stopInstance(instance);
    },
    rebalance: () => this.#world.log.rebalance('messages'),
    gatewayKill: () => {
      const { gateways } = this.#world;
      if (gateways.length === 0) return;
      const gateway = this.#random.pick(gateways);
      this.#world.scheduler.note(`  ${gateway.id} is killed`);
      this.#world.killGateway(gateway);
      this.#world.scheduler.later('a gateway starts', () => this.#world.startGateway(), this.#random.next() * 3000);
    },
    gatewayPause: () => {
      const { gateways, scenario } = this.#world;
      if (gateways.length === 0) return;
      const { life } = this.#random.pick(gateways);
      this.#world.scheduler.note(`  ${life.name} is paused`);
      this.#for(
        scenario.pauseMsMax,
        `${life.name} goes on`,
        () => life.pause(),
        () => life.resume(),
      );
    },
    streamBreak: () => {
      const { gateways, instances } = this.#world;
      if (gateways.length > 0 && instances.length > 0)
        this.#random.pick(gateways).breakStreams(this.#random.pick(instances).life);
    },
    registryFlush: () => this.#world.presence.flush(),
    registryFailOver: () => this.#world.presence.failOver(this.#random.next() * 5000),
    registryAway: () => {
      const { faults } = this.#world.presence;
      this.#for(
        this.#world.scenario.awayMsMax,
        'the registry is back',
        () => (faults.away = true),
        () => (faults.away = false),
      );
    },
    storeAway: () => {
      const { storeFaults } = this.#world;
      this.#for(
        this.#world.scenario.awayMsMax,
        'the store is back',
        () => (storeFaults.away = true),
        () => (storeFaults.away = false),
      );
    },
    writesAway: () => {
      const { storeFaults } = this.#world;
      this.#for(
        this.#world.scenario.awayMsMax,
        'the store takes writes again',
        () => (storeFaults.writesAway = true),
        () => (storeFaults.writesAway = false),
      );
    },
    logAway: () => {
      const { logFaults } = this.#world;
      this.#for(
        this.#world.scenario.awayMsMax,
        'the log is back',
        () => (logFaults.away = true),
        () => (logFaults.away = false),
      );
    },
    clockJump: () => {
      const partition = this.#random.pick(this.#world.log.partitionsOf(topics.commands.name));
      // With a gateway's: at most the five minutes that stamps may be off (rule 5).
      partition.skewMs = (this.#random.next() * 2 - 1) * 150_000;
    },
    logAges: () => {
      // As if much time had passed: what the log holds is older than any window of ids.
      const partition = this.#random.pick(this.#world.log.partitionsOf(topics.commands.name));
      partition.skewMs += this.#random.between(11, 30) * 60_000;
    },
    disconnect: () => this.#random.pick(this.#world.clients).disconnect(),
    offline: () => {
      const client = this.#random.pick(this.#world.clients);
      this.#for(
        this.#world.scenario.offlineMsMax,
        `${client.life.name} comes back`,
        () => client.goOffline(),
        () => client.goOnline(),
      );
    },
  };

  #more(): void {
    if (this.#world.running.length < this.#world.scenario.instances) this.#world.startInstance();
  }
}
