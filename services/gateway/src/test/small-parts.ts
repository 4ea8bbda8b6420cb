/** Small stand-ins for what a gateway talks to, for tests of its parts. */
import type { MessagesService } from '@clatter/contracts/messages';
import { Command, Signal } from '@clatter/contracts/messages';
import type { PresenceService, Connection as Registered } from '@clatter/contracts/presence';
import { type Appended, type NewRecord, type Producer, topics } from '@clatter/log';
import { ConnectionDigest, type Counter, createLogger, IdDigest } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type GatewayConfig, gatewayConfig } from '../config.ts';

export const quiet = createLogger({ service: 'test', level: 'silent' });
export const noCounter: Counter = { add: () => undefined };

export const configOf = (change: Partial<GatewayConfig> = {}): GatewayConfig => ({
  ...gatewayConfig.parse({}),
  ...change,
});

/** A registry that can be away, forget, and answer late. */
export class SmallPresence implements PresenceService {
  readonly calls: string[] = [];
  connections = new Map<number, Registered>();
  watched = new Set<string>();
  channels = new Set<string>();
  away = false;
  leaseMs = 15_000;
  /** Every call waits for it. */
  gate: Promise<void> = Promise.resolve();

  async register({ connections = [], replace = false }: Parameters<PresenceService['register']>[0]) {
    await this.#called(`register ${connections.map(({ connection }) => connection)}${replace ? ' replace' : ''}`);
    if (replace) this.connections.clear();
    for (const item of connections) this.connections.set(item.connection as number, item as Registered);
    return {};
  }

  async unregister({ connections = [], leaving = false }: Parameters<PresenceService['unregister']>[0]) {
    await this.#called(leaving ? 'leave' : `unregister ${connections.map(({ connection }) => connection)}`);
    if (leaving) this.connections.clear();
    for (const { connection } of connections) this.connections.delete(connection as number);
    return {};
  }

  async renew({ digest, count, interestDigest, interestCount }: Parameters<PresenceService['renew']>[0]) {
    await this.#called('renew');
    const [own, channels] = [new ConnectionDigest(), new IdDigest()];
    for (const item of this.connections.values()) own.add(item);
    for (const id of this.channels) channels.add(id);
    const knowsConnections = own.toString() === digest && this.connections.size === count;
    const knowsChannels = channels.toString() === interestDigest && this.channels.size === interestCount;
    return { known: knowsConnections && knowsChannels, leaseMs: this.leaseMs };
  }

  async locate({ userIds = [], channelIds = [] }: Parameters<PresenceService['locate']>[0]) {
    await this.#called('locate');
    const connections = [...this.connections.values()].filter(({ userId }) => userIds.includes(userId));
    return { connections, interested: channelIds.map(() => ({ gatewayIds: [] })) };
  }

  async interest({ channelIds = [], endedIds = [], replace = false }: Parameters<PresenceService['interest']>[0]) {
    await this.#called(`interest ${channelIds.length} ${endedIds.length}${replace ? ' replace' : ''}`);
    if (replace) this.channels.clear();
    for (const id of channelIds) this.channels.add(id);
    for (const id of endedIds) this.channels.delete(id);
    return {};
  }

  async setStatus({ connection }: Parameters<PresenceService['setStatus']>[0]) {
    await this.#called(`setStatus ${connection?.status} ${connection?.foreground}`);
    return {};
  }

  async watch({ userIds = [], unwatchIds = [] }: Parameters<PresenceService['watch']>[0]) {
    await this.#called(`watch ${userIds.length} ${unwatchIds.length}`);
    for (const id of userIds) this.watched.add(id);
    for (const id of unwatchIds) this.watched.delete(id);
    return { states: userIds.map((userId) => ({ userId, status: 'OFFLINE' as const, lastSeenMs: 0 })) };
  }

  async listGateways() {
    await this.#called('listGateways');
    return { gateways: [] };
  }

  async #called(call: string): Promise<void> {
    this.calls.push(call);
    await this.gate;
    if (this.away) throw new Error('presence is away');
  }
}

/** Sends that are settled by hand, or at once. */
export class SmallProducer implements Producer {
  readonly sent: { readonly topic: string; readonly record: NewRecord }[] = [];
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  mode: 'at once' | 'by hand' | 'refuse' = 'at once';

  send(topic: string, record: NewRecord): Promise<Appended> {
    if (this.mode === 'refuse') return Promise.reject(new ClatterError('UNAVAILABLE', 'the disk is full'));
    this.sent.push({ topic, record });
    const appended = { partition: 0, offset: this.sent.length - 1 };
    if (this.mode === 'at once') return Promise.resolve(appended);
    return new Promise((resolve, reject) => this.waiting.push({ resolve: () => resolve(appended), reject }));
  }

  get commands(): Command[] {
    return this.sent
      .filter(({ topic }) => topic === topics.commands.name)
      .map(({ record }) => Command.decode(record.value));
  }

  get signals(): Signal[] {
    return this.sent
      .filter(({ topic }) => topic === topics.signals.name)
      .map(({ record }) => Signal.decode(record.value));
  }
}

const unasked = (): Promise<never> => Promise.reject(new Error('nobody asks this here'));

/** Messages that answer as a test says. */
export const messagesOf = (answers: Partial<MessagesService>): MessagesService => ({
  history: unasked,
  sync: unasked,
  listConversations: unasked,
  getConversation: unasked,
  listMembers: unasked,
  listBans: unasked,
  listInvites: unasked,
  listPins: unasked,
  listScheduled: unasked,
  listVotes: unasked,
  previewInvite: unasked,
  listReceipts: unasked,
  listReactions: unasked,
  channelsOf: async ({ userIds = [] }) => ({ people: userIds.map(() => ({ channels: [], count: 0 })) }),
  pageMembers: unasked,
  listMuted: unasked,
  ...answers,
});
