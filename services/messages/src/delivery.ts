/**
 * How acknowledgements and events get to sockets: locate the members' connections, encode each frame once per encoding, and hand every
 * gateway what is its own, one call at a time. A drop never goes in silence: it ends in a ResyncAll, upon which the gateway has all its
 * sessions sync from what they hold.
 */

import type { Delivery as Frames } from '@clatter/contracts/gateway';
import type { Command } from '@clatter/contracts/messages';
import type { Connection, PresenceService } from '@clatter/contracts/presence';
import { backoff, type Clock, type Counter, type Logger, sleep } from '@clatter/runtime';
import { Ack, type Event, ServerFrame } from '@clatter/wire';
import { type ChannelFrame, channelAddressed, channelNews, JoiningGateways, namedBy } from './channel-delivery.ts';
import type { Outcome } from './conversation-batch.ts';
import type { Place } from './decision.ts';
import { GatewayQueue, type QueueCounters } from './gateway-queue.ts';
import { ownVote } from './polls.ts';
import type { GatewayDirectory } from './ports.ts';

const LOCATE_TRIES = 3;
/** People in one call; each has a few connections of some 200 bytes. */
const LOCATE_USERS_MAX = 2000;
const RETRY = { baseMs: 100, maxMs: 2000 };

export interface DeliveryParts {
  readonly presence: PresenceService;
  readonly gateways: GatewayDirectory;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Runs something at the end of the turn. */
  readonly defer: (run: () => void) => void;
  readonly queueBytesMax: number;
  /** Somebody came to a conversation, or went. */
  readonly onMembers: (conversationId: string) => void;
  readonly counters: QueueCounters & { readonly locates: Counter };
}

/** A frame for people, whoever of them is connected; or for the members of a channel, by way of their gateways. */
export type Addressed =
  | { readonly frame: ServerFrame; readonly userIds: readonly string[]; readonly channel?: undefined }
  | { readonly frame: ServerFrame; readonly channel: ChannelFrame; readonly userIds?: undefined };

interface Found {
  readonly byUser: ReadonlyMap<string, readonly Connection[]>;
  /** Channel → the gateways that have members of it. */
  readonly interested: ReadonlyMap<string, ReadonlySet<string>>;
}

type Located =
  | { readonly found: Found; readonly blind?: undefined }
  | { readonly found?: undefined; readonly blind: Promise<void> };

interface LocatedPart {
  readonly connections: readonly Connection[];
  readonly interested: readonly (readonly [channelId: string, gatewayIds: readonly string[]])[];
}

interface Waiting {
  readonly addressed: readonly Addressed[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const encoder = new TextEncoder();

/** Nearly always one frame for all. */
function addressedOf(event: Event, { recipients = [], blind = [], channel, ownVote: vote }: Outcome): Addressed[] {
  // A schedule is no conversation: its news are frames of their own.
  if (event.scheduled) return [{ frame: ServerFrame.create({ scheduled: event.scheduled }), userIds: recipients }];
  const frame = ServerFrame.create({ event });
  if (channel) return channelAddressed(event, frame, channel);
  if (vote) {
    const own = ServerFrame.create({ event: ownVote(event, vote) });
    return [
      { frame, userIds: recipients.filter((userId) => userId !== vote.userId) },
      { frame: own, userIds: recipients.filter((userId) => userId === vote.userId) },
    ];
  }
  if (blind.length === 0 || !event.edited) return [{ frame, userIds: recipients }];
  const bare = ServerFrame.create({ event: { ...event, edited: { ...event.edited, content: undefined } } });
  return [
    { frame, userIds: recipients.filter((userId) => !blind.includes(userId)) },
    { frame: bare, userIds: blind },
  ];
}

/** A message that is kept for later is in its conversation's order not yet: its ack has no seq. */
function ackOf({ conversationId, commandId: messageId, schedule }: Command, place: Place): Ack {
  const scheduled = schedule?.add;
  if (!scheduled) return Ack.create({ conversationId, messageId, ...place });
  const { sendAtMs } = scheduled;
  return Ack.create({ conversationId: scheduled.conversationId, messageId, sentAtMs: place.sentAtMs, sendAtMs });
}

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #joining = new JoiningGateways();
  readonly #queues = new Map<string, GatewayQueue>();
  /** What waits for the next locate. One is under way at a time, so frames of events are queued in the order of the log. */
  #waiting: Waiting[] = [];
  #locating = false;
  /** While presence cannot be asked: resolves when everybody was told to sync. */
  #blind: Promise<void> | undefined;
  #closed = false;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Acknowledges at once, then delivers. Resolves when every frame, or the ResyncAll that stands for it, was taken by each gateway. */
  announce(outcomes: readonly Outcome[]): Promise<void> {
    const taken = new Set<Promise<void>>();
    const addressed: Addressed[] = [];
    for (const outcome of outcomes) {
      if (outcome.event?.created || outcome.event?.membersChanged || outcome.submitted.command.block)
        this.#parts.onMembers(outcome.submitted.command.conversationId);
      const queue = this.#reply(outcome);
      if (queue) taken.add(queue.allTaken());
      if (outcome.event && (outcome.recipients || outcome.channel))
        addressed.push(...addressedOf(outcome.event, outcome));
    }
    if (addressed.length > 0) taken.add(this.deliver(addressed));
    return Promise.all(taken).then(() => undefined);
  }

  /** Delivers frames to people. Resolves as `announce` does. */
  deliver(addressed: readonly Addressed[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ addressed, resolve, reject });
      if (this.#locating) return;
      this.#locating = true;
      // What other partitions have in the same turn goes along.
      this.#parts.defer(() => void this.#locateAll());
    });
  }

  /** Locates and queues until nothing waits. What comes while presence is asked goes with the next call. */
  async #locateAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const { found, blind } = await this.#find(waiting);
      for (const { addressed, resolve, reject } of waiting)
        (found ? this.#queueFrames(addressed, found) : blind).then(resolve, reject);
    }
    this.#locating = false;
  }

  /** Gateways that have a queue: those that are there, and those of which it is not known yet that they are gone. */
  get queues(): number {
    return this.#queues.size;
  }

  close(): void {
    this.#closed = true;
    for (const queue of [...this.#queues.values()]) queue.close();
  }

  #reply({ submitted, answer }: Outcome): GatewayQueue | undefined {
    const { replyTo } = submitted.command;
    if (!replyTo || replyTo.ref === 0 || answer.kind === 'silence') return undefined;
    const frame =
      answer.kind === 'ack'
        ? ServerFrame.create({ ref: replyTo.ref, ack: ackOf(submitted.command, answer.place) })
        : ServerFrame.create({
            ref: replyTo.ref,
            reject: { code: answer.code, message: answer.message, retryAfterMs: 0 },
          });
    const queue = this.#queue(replyTo.gatewayId);
    const one = [replyTo.connection];
    queue?.add(
      replyTo.encoding === 'proto'
        ? { protoConnections: one, proto: ServerFrame.encode(frame) }
        : { jsonConnections: one, json: encoder.encode(ServerFrame.toJson(frame)) },
    );
    return queue;
  }

  /** Where everybody is connected whom these are for; where presence cannot be asked, what resolves when all were told to sync. */
  async #find(waiting: readonly Waiting[]): Promise<Located> {
    if (this.#blind) return { blind: this.#blind };
    const userIds = new Set<string>();
    const channelIds = new Set<string>();
    for (const { addressed } of waiting)
      for (const { userIds: ids, channel } of addressed) {
        for (const userId of ids ?? namedBy(channel as ChannelFrame)) userIds.add(userId);
        if (channel) channelIds.add(channel.conversationId);
      }
    // As of before the call: what a gateway registers while it is under way may be in the answer or not.
    const interested = this.#joining.of(channelIds);
    try {
      const byUser = new Map<string, Connection[]>();
      const located = await this.#locate([...userIds], [...channelIds]);
      for (const connection of located.connections) {
        const list = byUser.get(connection.userId);
        if (list) list.push(connection);
        else byUser.set(connection.userId, [connection]);
      }
      for (const [channelId, gatewayIds] of located.interested)
        for (const gatewayId of gatewayIds) interested.get(channelId)?.add(gatewayId);
      return { found: { byUser, interested } };
    } catch (error) {
      this.#parts.logger.error(
        { err: error },
        'presence cannot be asked: nobody is told of events; all will sync when it is back',
      );
      this.#blind = this.#resyncWhenBack();
      return { blind: this.#blind };
    }
  }

  /** Resolves when each gateway took what was queued for it. */
  async #queueFrames(addressed: readonly Addressed[], found: Found): Promise<void> {
    const queues = new Set<GatewayQueue>();
    for (const { frame, userIds, channel } of addressed)
      if (channel) this.#queueChannelFrame(frame, channel, found, queues);
      else this.#queueFrame(frame, userIds, found.byUser, queues);
    await Promise.all([...queues].map((queue) => queue.allTaken()));
  }

  /** To each gateway that has members of the channel, or somebody who comes to it or goes. */
  #queueChannelFrame(frame: ServerFrame, channel: ChannelFrame, found: Found, queues: Set<GatewayQueue>): void {
    const { conversationId } = channel;
    const gatewayIds = new Set(found.interested.get(conversationId));
    const joining = new Set<string>();
    for (const userId of channel.turn?.joinedIds ?? [])
      for (const { gatewayId } of found.byUser.get(userId) ?? []) joining.add(gatewayId);
    for (const userId of channel.turn?.leftIds ?? [])
      for (const { gatewayId } of found.byUser.get(userId) ?? []) gatewayIds.add(gatewayId);
    for (const gatewayId of joining) {
      gatewayIds.add(gatewayId);
      // What follows in this turn goes there too.
      (found.interested.get(conversationId) as Set<string> | undefined)?.add(gatewayId);
    }
    if (gatewayIds.size === 0) return;
    const frames: Frames = {
      jsonConnections: [],
      protoConnections: [],
      json: encoder.encode(ServerFrame.toJson(frame)),
      proto: ServerFrame.encode(frame),
      watchedUserId: '',
      channel: channelNews(channel),
    };
    for (const gatewayId of gatewayIds) {
      const queue = this.#queue(gatewayId);
      if (!queue) continue;
      queue.add(frames);
      queues.add(queue);
      if (joining.has(gatewayId)) this.#joining.add(conversationId, gatewayId, queue.allTaken());
    }
  }

  #queueFrame(
    frame: ServerFrame,
    userIds: readonly string[],
    byUser: ReadonlyMap<string, readonly Connection[]>,
    queues: Set<GatewayQueue>,
  ): void {
    const perGateway = new Map<string, Frames>();
    let json: Uint8Array | undefined;
    let proto: Uint8Array | undefined;
    for (const userId of userIds) {
      for (const { gatewayId, connection, encoding } of byUser.get(userId) ?? []) {
        let frames = perGateway.get(gatewayId);
        if (!frames) {
          frames = {
            jsonConnections: [],
            protoConnections: [],
            json: NOTHING,
            proto: NOTHING,
            watchedUserId: '',
            channel: undefined,
          };
          perGateway.set(gatewayId, frames);
        }
        if (encoding === 'proto') {
          proto ??= ServerFrame.encode(frame);
          frames.proto = proto;
          frames.protoConnections.push(connection);
        } else {
          json ??= encoder.encode(ServerFrame.toJson(frame));
          frames.json = json;
          frames.jsonConnections.push(connection);
        }
      }
    }
    for (const [gatewayId, frames] of perGateway) {
      const queue = this.#queue(gatewayId);
      if (!queue) continue;
      queue.add(frames);
      queues.add(queue);
    }
  }

  /** One call, but where so many people are asked for that the answer might be too large for one message. */
  async #locate(userIds: readonly string[], channelIds: readonly string[]): Promise<LocatedPart> {
    const first = this.#locateSome(userIds.slice(0, LOCATE_USERS_MAX), channelIds);
    if (userIds.length <= LOCATE_USERS_MAX) return first;
    const parts = [first];
    for (let from = LOCATE_USERS_MAX; from < userIds.length; from += LOCATE_USERS_MAX)
      parts.push(this.#locateSome(userIds.slice(from, from + LOCATE_USERS_MAX), []));
    const all = await Promise.all(parts);
    return {
      connections: all.flatMap(({ connections }) => connections),
      interested: (all[0] as LocatedPart).interested,
    };
  }

  async #locateSome(userIds: readonly string[], channelIds: readonly string[]): Promise<LocatedPart> {
    const { presence, clock, random, counters } = this.#parts;
    for (let tries = 1; ; tries++) {
      counters.locates.add(1);
      try {
        const { connections, interested = [] } = await presence.locate({ userIds, channelIds });
        // A presence from before there were channels answers nothing: nobody would be told.
        if (interested.length !== channelIds.length)
          throw new Error(`presence: want the gateways of ${channelIds.length} channels, got ${interested.length}`);
        return {
          connections: (connections ?? []) as readonly Connection[],
          interested: channelIds.map((id, index) => [id, interested[index]?.gatewayIds ?? []] as const),
        };
      } catch (error) {
        if (tries >= LOCATE_TRIES) throw error;
        await sleep(clock, backoff(tries, RETRY, random));
      }
    }
  }

  async #resyncWhenBack(): Promise<void> {
    const { presence, clock, random, gateways } = this.#parts;
    for (let tries = 1; !this.#closed; tries++) {
      await sleep(clock, backoff(tries, RETRY, random));
      try {
        await presence.locate({ userIds: [] });
        await gateways.refresh();
        break;
      } catch {
        // Still away: the failure was logged when it began.
      }
    }
    this.#blind = undefined;
    const queues = gateways.ids().map((id) => this.#queue(id));
    for (const queue of queues) queue?.dropAll();
    await Promise.all(queues.map((queue) => queue?.allTaken()));
  }

  /** The queue of a gateway; undefined for one that is gone, and with it all its sessions. */
  #queue(gatewayId: string): GatewayQueue | undefined {
    const known = this.#queues.get(gatewayId);
    if (!this.#parts.gateways.get(gatewayId)) {
      known?.close();
      return undefined;
    }
    // One closes when its gateway seems gone, and is forgotten: the gateway that is back gets a new one.
    if (known) return known;
    const queue = new GatewayQueue(gatewayId, this.#parts, () => {
      if (this.#queues.get(gatewayId) === queue) this.#queues.delete(gatewayId);
    });
    this.#queues.set(gatewayId, queue);
    return queue;
  }
}

const NOTHING = new Uint8Array(0);
