/**
 * The members of channels among the sockets of this gateway: who gets which frame, and since when. A frame of a channel names nobody but who came
 * and who went, so this table must be right, or hold frames back until it is.
 *
 *   a socket comes      its user's channels are asked for once it is in the registry, and this gateway's interest in them is registered before
 *                       its client may sync. Whoever goes meanwhile is told of by a frame, which wins over the answer.
 *   somebody comes      the frame of the event says so. It is answered once the interest is registered.
 *   somebody goes       the frame of the event says so, to every gateway that is interested and to those that the person is connected to; it
 *                       is the last that they get.
 *   frames are lost     (a ResyncAll, or the registry forgot this gateway) some of them may have said who went. So all frames of channels are
 *                       held back from every socket until its channels were asked for again; then its client syncs.
 *
 * What an old owner of the partition tells late changes nothing: a later seq of somebody's coming or going wins.
 */
import type { ChannelNews } from '@clatter/contracts/gateway';
import type { OwnChannel } from '@clatter/contracts/messages';
import { backoff, type Clock, type Logger, sleep } from '@clatter/runtime';
import type { Input, ServerFrame } from '@clatter/wire';
import type { OwnChannels } from './own-channels.ts';

/** How long a socket remembers channels that its user left: of the newest so many. */
const LEFT_MAX = 200;
const RETRY = { baseMs: 200, maxMs: 5000 };

/** What is needed of a socket. */
export interface ChannelSocket {
  /** Bytes of a whole frame, of delivery. */
  write(frame: Buffer): void;
  send(frame: Input<ServerFrame>): void;
}

/** One socket in one channel. */
interface Stay {
  readonly joinedSeq: number;
  readonly visibleFromSeq: number;
}

/** One socket. */
interface Member {
  readonly userId: string;
  readonly channels: Set<string>;
  /** Channel → the seq at which its user left. */
  readonly left: Map<string, number>;
  /** Channels that it came to while the answer to which it has was under way. */
  readonly cameMeanwhile: Set<string>;
  /** What it is in is known; else no frame of a channel goes to it. */
  known: boolean;
  /** How often frames may have been lost: an answer to an earlier question is no answer any more. */
  losses: number;
  /** Asks until it is known; resolves when it is, or when nobody could say at first. */
  asking: Promise<void> | undefined;
}

export interface ChannelsParts<S extends ChannelSocket> {
  readonly own: OwnChannels;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly socketsOf: (userId: string) => Iterable<S>;
  /** Resolves when frames of these channels find this gateway. */
  readonly interest: (channelIds: readonly string[]) => Promise<void>;
  readonly endInterest: (channelIds: Iterable<string>) => void;
}

export class Channels<S extends ChannelSocket> {
  readonly #parts: ChannelsParts<S>;
  readonly #members = new Map<S, Member>();
  readonly #stays = new Map<string, Map<S, Stay>>();
  /** Channels whose interest is being registered. */
  readonly #registering = new Map<string, Promise<void>>();

  constructor(parts: ChannelsParts<S>) {
    this.#parts = parts;
  }

  /** Whether a socket is in a channel. */
  has(connection: S, channelId: string): boolean {
    return this.#members.get(connection)?.channels.has(channelId) ?? false;
  }

  /** Takes a socket that is in the registry. Resolves when its client may sync. */
  async add(connection: S, userId: string): Promise<void> {
    this.#members.set(connection, {
      userId,
      channels: new Set(),
      left: new Map(),
      cameMeanwhile: new Set(),
      known: false,
      losses: 0,
      asking: undefined,
    });
    await this.refresh(connection);
  }

  /** Whether frames of channels are held back from a socket, which syncs before it gets more. */
  holds(connection: S): boolean {
    return !(this.#members.get(connection)?.known ?? true);
  }

  remove(connection: S): void {
    const member = this.#members.get(connection);
    if (!member) return;
    this.#members.delete(connection);
    for (const channelId of member.channels) this.#leave(connection, member, channelId);
  }

  /** Frames may have been lost: no socket gets more before it was refreshed. */
  hold(): void {
    for (const member of this.#members.values()) {
      member.known = false;
      member.losses++;
    }
  }

  /**
   * Asks for the channels of a socket that was held, until they are known. Resolves when its client may sync: also where nobody can say yet, for
   * all else works; then it syncs again when they are known. Never rejects.
   */
  async refresh(connection: S): Promise<void> {
    const member = this.#members.get(connection);
    if (!member || member.known) return;
    member.asking ??= new Promise((resolve) => {
      void this.#askUntilKnown(connection, member, resolve).then(() => {
        member.asking = undefined;
        resolve();
      });
    });
    await member.asking;
  }

  async #askUntilKnown(connection: S, member: Member, onFailed: () => void): Promise<void> {
    for (let failures = 0; this.#members.get(connection) === member && !member.known; ) {
      const { losses } = member;
      try {
        await this.#ask(connection, member);
        member.known = member.losses === losses;
        if (member.known && failures > 0) connection.send({ resync: {} });
      } catch (error) {
        if (failures === 0)
          this.#parts.logger.warn({ err: error }, 'the channels of a socket are not known; they are asked for again');
        onFailed();
        await sleep(this.#parts.clock, backoff(failures++, RETRY, this.#parts.random));
      }
    }
  }

  /** Gives a frame to the members of its channel. Resolves with how many sockets got it, once the gateway's interest is registered. */
  async take(
    { conversationId = '', seq = 0, joinedIds = [], visibleFromSeq = 0, leftIds = [], ...only }: Input<ChannelNews>,
    frameFor: (connection: S) => Buffer | undefined,
  ): Promise<number> {
    const { onlySeersOf = 0, onlyBlindTo = 0 } = only;
    for (const userId of joinedIds)
      for (const connection of this.#parts.socketsOf(userId)) {
        const member = this.#members.get(connection);
        if (member) this.#join(connection, member, conversationId, { joinedSeq: seq, visibleFromSeq });
      }
    let count = 0;
    for (const [connection, stay] of this.#stays.get(conversationId) ?? []) {
      if (seq > 0 && seq < stay.joinedSeq) continue;
      if (onlySeersOf > 0 && stay.visibleFromSeq > onlySeersOf) continue;
      if (onlyBlindTo > 0 && stay.visibleFromSeq <= onlyBlindTo) continue;
      if (!this.#members.get(connection)?.known) continue;
      const frame = frameFor(connection);
      if (!frame) continue;
      connection.write(frame);
      count++;
    }
    for (const userId of leftIds)
      for (const connection of this.#parts.socketsOf(userId)) {
        const member = this.#members.get(connection);
        if (member) this.#went(connection, member, conversationId, seq);
      }
    if (joinedIds.length > 0) await this.#registering.get(conversationId);
    return count;
  }

  /** Asks which channels a socket has, and makes it so. Rejects where nobody can say. */
  async #ask(connection: S, member: Member): Promise<void> {
    member.cameMeanwhile.clear();
    const own = await this.#parts.own.of(member.userId);
    if (this.#members.get(connection) !== member) return;
    const ids = new Set<string>();
    for (const { conversationId = '', joinedSeq = 0, visibleFromSeq = 0 } of own as readonly Input<OwnChannel>[]) {
      ids.add(conversationId);
      this.#join(connection, member, conversationId, { joinedSeq, visibleFromSeq });
    }
    for (const id of [...member.channels])
      if (!ids.has(id) && !member.cameMeanwhile.has(id)) {
        member.channels.delete(id);
        this.#leave(connection, member, id);
      }
    await Promise.all([...member.channels].map((id) => this.#registering.get(id)));
  }

  #join(connection: S, member: Member, channelId: string, stay: Stay): void {
    if ((member.left.get(channelId) ?? 0) >= stay.joinedSeq) return;
    const stays = this.#stays.get(channelId) ?? this.#begin(channelId);
    if ((stays.get(connection)?.joinedSeq ?? 0) > stay.joinedSeq) return;
    stays.set(connection, stay);
    member.channels.add(channelId);
    member.cameMeanwhile.add(channelId);
  }

  #begin(channelId: string): Map<S, Stay> {
    const stays = new Map<S, Stay>();
    this.#stays.set(channelId, stays);
    const registered = this.#parts.interest([channelId]).then(() => {
      if (this.#registering.get(channelId) === registered) this.#registering.delete(channelId);
    });
    this.#registering.set(channelId, registered);
    return stays;
  }

  #went(connection: S, member: Member, channelId: string, seq: number): void {
    const stay = this.#stays.get(channelId)?.get(connection);
    if (stay && stay.joinedSeq > seq) return;
    member.left.delete(channelId);
    member.left.set(channelId, Math.max(seq, member.left.get(channelId) ?? 0));
    if (member.left.size > LEFT_MAX) member.left.delete(member.left.keys().next().value as string);
    if (member.channels.delete(channelId)) this.#leave(connection, member, channelId);
  }

  #leave(connection: S, member: Member, channelId: string): void {
    member.cameMeanwhile.delete(channelId);
    const stays = this.#stays.get(channelId);
    stays?.delete(connection);
    if (stays?.size !== 0) return;
    this.#stays.delete(channelId);
    this.#parts.endInterest([channelId]);
  }
}
