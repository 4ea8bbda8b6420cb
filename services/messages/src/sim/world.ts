/** The whole platform of one run: real instances of messages between a simulated log, store, registry, gateways and clients. */
import type { DeliveryService } from '@clatter/contracts/gateway';
import { Command, type MessagesService } from '@clatter/contracts/messages';
import { topics } from '@clatter/log';
import { noLogFaults, SimulatedLog, type SimulatedLogFaults } from '@clatter/log/simulated';
import type { Service } from '@clatter/runtime';
import type { GatewayDirectory } from '../ports.ts';
import { createMessages } from '../service.ts';
import { Invariants } from './invariants.ts';
import { Random } from './random.ts';
import type { Rules } from './rules.ts';
import type { Scenario } from './scenario.ts';
import { Life, Scheduler } from './scheduler.ts';
import { SimulatedClient } from './simulated-client.ts';
import { SimulatedDirectory } from './simulated-directory.ts';
import { SimulatedGateway } from './simulated-gateway.ts';
import { SimulatedPresence } from './simulated-presence.ts';
import { noStoreFaults, SimulatedStore, type StoreFaults } from './simulated-store.ts';
import { lineLogger, silentMetrics } from './stubs.ts';

const START_MS = 1_700_000_000_000;
/** Of a run: a release and the one before, whatever they are called in the product. */
const NEWEST_RULES = 2;

export interface Instance {
  readonly life: Life;
  readonly service: Service & { readonly messages: MessagesService };
}

export class World {
  readonly scheduler: Scheduler;
  readonly scenario: Scenario;
  readonly rules: Rules;
  readonly checks: Invariants;
  readonly log: SimulatedLog;
  readonly logFaults: SimulatedLogFaults = noLogFaults();
  readonly store: SimulatedStore;
  readonly storeFaults: StoreFaults = noStoreFaults();
  readonly presence: SimulatedPresence;
  readonly clients: SimulatedClient[] = [];
  readonly userIds: readonly string[];
  instances: Instance[] = [];
  gateways: SimulatedGateway[] = [];
  /** The newest rules that each instance knows. */
  readonly rulesKnown = new Map<Life, number>();
  readonly #seed: number;
  readonly #skews: Random;
  readonly #choices: Random;
  #names = 0;

  constructor(seed: number, scenario: Scenario, rules: Rules) {
    this.#seed = seed;
    this.scenario = scenario;
    this.rules = rules;
    this.scheduler = new Scheduler(new Random(seed, 'latency'), START_MS);
    this.#skews = new Random(seed, 'skews');
    this.#choices = new Random(seed, 'choices');
    this.presence = new SimulatedPresence(this.scheduler, new Random(seed, 'presence'));
    this.checks = new Invariants({
      scheduler: this.scheduler,
      store: () => this.store,
      presence: this.presence,
      gateways: () => this.gateways,
      timerSlots: () => scenario.partitions,
      rulesKnown: this.rulesKnown,
    });
    const logRandom = new Random(seed, 'log');
    this.log = new SimulatedLog({
      network: {
        nowMs: () => Math.floor(this.scheduler.nowMs),
        random: () => logRandom.next(),
        later: (what, run, delayMs) => void this.scheduler.later(what, run, delayMs),
      },
      topics: Object.fromEntries(
        Object.values(topics).map(({ name }) => [name, name === topics.commands.name ? scenario.partitions : 1]),
      ),
      faults: this.logFaults,
      watcher: {
        onAppend: (record) => this.checks.onAppend(record),
        onCommit: (group, topic, partition, offset) => this.checks.onCommit(group, topic, partition, offset),
      },
    });
    this.store = new SimulatedStore({
      scheduler: this.scheduler,
      random: new Random(seed, 'store'),
      bucketSeqs: scenario.bucketSeqs,
      faults: this.storeFaults,
      rules: rules.store,
      watcher: {
        onWrite: (life, batch) => this.checks.onWrite(life, batch),
        onApply: (replica, mutation) => this.checks.onApply(replica, mutation),
      },
    });
    const people = new Random(seed, 'people');
    this.userIds = Array.from({ length: scenario.people }, () => people.uuid());
    this.logFaults.batchRecordsMax = scenario.batchRecordsMax;
    this.logFaults.commitsEarly = rules.commitsEarly;
    for (let i = 0; i < scenario.gateways; i++) this.startGateway();
    for (let i = 0; i < scenario.instances; i++) this.startInstance();
    for (const userId of this.userIds)
      for (let device = people.between(1, scenario.devicesMax); device > 0; device--) this.#addClient(userId, people);
  }

  /** The partitions of the command log. */
  get commands(): ReturnType<SimulatedLog['partitionsOf']> {
    return this.log.partitionsOf(topics.commands.name);
  }

  get running(): readonly Instance[] {
    return this.instances.filter(({ life }) => life.state === 'running');
  }

  startInstance(): Instance {
    // Sync cursors bear owners that are up to five minutes apart, less what a write may take.
    const life = new Life(this.scheduler, `m${++this.#names}`, this.#skewMs() / 2);
    const random = new Random(this.#seed, life.name);
    const service = createMessages({
      config: {
        CLATTER_MESSAGES_EPOCH: 0,
        CLATTER_MESSAGES_CACHE_BYTES_MAX: this.scenario.cacheBytesMax,
        CLATTER_MESSAGES_QUEUE_BYTES_MAX: this.scenario.queueBytesMax,
      },
      log: this.log.connect(life),
      store: this.rules.wrapStore(this.store.connect(life)),
      presence: this.presence.connect(life),
      gateways: this.#directory(life),
      logger: lineLogger((line) => this.#onLog(life, line)),
      metrics: silentMetrics,
      clock: life.clock,
      random: () => random.next(),
      defer: (run) => life.defer(run),
      bucketSeqs: this.scenario.bucketSeqs,
      timerSlots: this.scenario.timers > 0 ? this.scenario.partitions : 0,
      rulesVersion: this.#knowRules(life),
    });
    const instance = { life, service };
    this.instances.push(instance);
    void service.start();
    return instance;
  }

  /** Killed: nothing of it goes on. The group learns when its session runs out; gateways when its streams break. */
  killInstance({ life }: Instance, sessionMs: number): void {
    life.kill();
    this.instances = this.instances.filter((other) => other.life !== life);
    for (const gateway of this.gateways) gateway.breakStreams(life);
    this.expire(life, sessionMs);
    // What it had sent may still be joining the group.
    this.expire(life, sessionMs + 10_000);
  }

  /** Its session in the group runs out, whether it is dead or merely silent. */
  expire(life: Life, sessionMs: number): void {
    this.scheduler.later(`the session of ${life.name} runs out`, () => this.log.expire(life), sessionMs);
  }

  /** Leaves in good order. */
  stopInstance(instance: Instance): void {
    this.instances = this.instances.filter((other) => other !== instance);
    instance.life.later(`${instance.life.name} stops`, () => {
      void instance.service.stop().then(() => {
        this.scheduler.note(`${instance.life.name} has stopped`);
        instance.life.kill();
        for (const gateway of this.gateways) gateway.breakStreams(instance.life);
      });
    });
  }

  startGateway(): SimulatedGateway {
    const life = new Life(this.scheduler, `g${++this.#names}`, this.#skewMs());
    const gateway = new SimulatedGateway(life, {
      scheduler: this.scheduler,
      random: new Random(this.#seed, life.name),
      log: this.log.connect(life),
      presence: this.presence.connect(life),
      messages: this.#remoteMessages(life),
      rules: this.rules.gateway,
      knownRules: () => [NEWEST_RULES, ...this.#alive().map(([, version]) => version)],
      onTaken: (taker, batch) => this.checks.onTaken(taker, batch),
      onChannelTaken: (taker, id, seq, numbers) => this.checks.onChannelTaken(taker, id, seq, numbers),
    });
    this.gateways.push(gateway);
    return gateway;
  }

  killGateway(gateway: SimulatedGateway): void {
    gateway.kill();
    this.gateways = this.gateways.filter((other) => other !== gateway);
    this.#gone.push(gateway);
  }

  /** Appends a command of a stranger to each partition: it is rejected, and its offset committed. */
  nudge(): void {
    const life = new Life(this.scheduler, 'stranger');
    const producer = this.log.connect(life).producer();
    const ids = new Random(this.#seed, 'stranger');
    for (const { partition } of this.log.partitionsOf(topics.commands.name)) {
      const conversationId = ids.uuid();
      const value = Command.encode({
        conversationId,
        senderId: ids.uuid(),
        commandId: ids.uuid(),
        receivedAtMs: life.clock.nowMs(),
        send: { content: { text: { body: '?' } } },
      });
      producer.send(topics.commands.name, { key: conversationId, value, partition }).catch(() => this.nudge());
    }
  }

  /** Calls of any running instance, over the network. */
  remoteMessages(life: Life): MessagesService {
    return this.#remoteMessages(life);
  }

  /** Whether the log is read and committed to its end. */
  get caughtUp(): boolean {
    return this.log
      .partitionsOf(topics.commands.name)
      .every(
        ({ partition, endOffset }) => this.log.committed('messages', topics.commands.name, partition) === endOffset,
      );
  }

  readonly #gone: SimulatedGateway[] = [];

  /** Those that are not dead may decide something still, whether they run or are paused. */
  #alive(): [Life, number][] {
    return [...this.rulesKnown].filter(([life]) => life.state !== 'dead');
  }

  /** In a rolling update the first instances are of the release before. */
  #knowRules(life: Life): number {
    // Whoever is started later is of the new one.
    const outdated = Math.min(this.scenario.outdated, this.scenario.instances);
    const version = this.rulesKnown.size < outdated ? NEWEST_RULES - 1 : NEWEST_RULES;
    this.rulesKnown.set(life, version);
    return version;
  }

  #skewMs(): number {
    return (this.#skews.next() * 2 - 1) * this.scenario.skewMsMax;
  }

  #addClient(userId: string, random: Random): void {
    const name = `c${this.clients.length + 1}`;
    const life = new Life(this.scheduler, name, this.#skewMs());
    this.clients.push(
      new SimulatedClient(userId, random.pick(['json', 'proto']), life, {
        random: new Random(this.#seed, name),
        gateways: () => this.gateways,
        steps: () => this.scheduler.steps,
        rules: this.rules.client,
        watcher: this.checks,
        unmarked: this.scenario.unmarked,
        untold: this.scenario.untold,
      }),
    );
  }

  #directory(life: Life): GatewayDirectory {
    const streams = new Map<string, DeliveryService & { readonly open: boolean }>();
    const gatewayOf = (gatewayId: string): SimulatedGateway =>
      [...this.gateways, ...this.#gone].find(({ id }) => id === gatewayId) as SimulatedGateway;
    return new SimulatedDirectory({
      life,
      presence: this.presence.connect(life),
      callsOf: (gatewayId) => ({
        deliver: (batch) => {
          const gateway = gatewayOf(gatewayId);
          this.checks.onDeliver(life, gateway, batch);
          let stream = streams.get(gatewayId);
          if (!stream?.open) {
            stream = gateway.stream(life);
            streams.set(gatewayId, stream);
          }
          return stream.deliver(batch);
        },
      }),
      onUnlisted: (gatewayId) => gatewayOf(gatewayId).breakStreams(life),
    });
  }

  #remoteMessages(life: Life): MessagesService {
    const call = <T>(what: string, use: (messages: MessagesService) => Promise<T>): Promise<T> =>
      life.call(`messages.${what}`, () => {
        const { running } = this;
        if (running.length === 0) throw new Error('no instance of messages');
        const instance = this.#choices.pick(running);
        return new Promise<T>((resolve, reject) => {
          instance.life.later(`${instance.life.name} serves ${what}`, () =>
            use(instance.service.messages).then(resolve, reject),
          );
        });
      });
    return {
      history: (request) => call('history', (messages) => messages.history(request)),
      sync: (request) => call('sync', (messages) => messages.sync(request)),
      listScheduled: (request) => call('listScheduled', (messages) => messages.listScheduled(request)),
      listConversations: (request) => call('listConversations', (messages) => messages.listConversations(request)),
      getConversation: (request) => call('getConversation', (messages) => messages.getConversation(request)),
      listMembers: (request) => call('listMembers', (messages) => messages.listMembers(request)),
      listInvites: (request) => call('listInvites', (messages) => messages.listInvites(request)),
      channelsOf: (request) => call('channelsOf', (messages) => messages.channelsOf(request)),
      pageMembers: (request) => call('pageMembers', (messages) => messages.pageMembers(request)),
      listBans: (request) => call('listBans', (messages) => messages.listBans(request)),
      listVotes: (request) => call('listVotes', (messages) => messages.listVotes(request)),
      listPins: (request) => call('listPins', (messages) => messages.listPins(request)),
      previewInvite: (request) => call('previewInvite', (messages) => messages.previewInvite(request)),
      listReceipts: (request) => call('listReceipts', (messages) => messages.listReceipts(request)),
      listReactions: (request) => call('listReactions', (messages) => messages.listReactions(request)),
      listMuted: (request) => call('listMuted', (messages) => messages.listMuted(request)),
    };
  }

  #onLog(life: Life, line: string): void {
    this.scheduler.note(`${life.name} logs ${line}`);
    if (line.startsWith('fatal')) this.checks.fail(0, `${life.name} halted: ${line}`);
  }
}
