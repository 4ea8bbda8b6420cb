/** What people do: they begin conversations, write, edit, delete, react, come and go. Drawn from what each device knows. */
import type { Command } from '@clatter/contracts/messages';
import { conversationIdOf, directConversationId, scheduleIdOf } from '@clatter/runtime';
import type { Content, Input } from '@clatter/wire';
import type { HeldConversation } from './held-conversation.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedClient } from './simulated-client.ts';
import type { Submission } from './socket.ts';

interface MadeInvite {
  readonly conversationId: string;
  readonly inviteId: string;
}

export class Chatter {
  readonly #random: Random;
  readonly #userIds: readonly string[];
  readonly #conversationsMax: number;
  readonly #rewrites: number;
  readonly #groups: number;
  readonly #timers: number;
  readonly #channels: number;
  /** Conversations that somebody began. */
  readonly #ids: string[] = [];
  /** Links that somebody asked for; they may have been refused. */
  readonly #invites: MadeInvite[] = [];
  /** Messages that people asked to keep for later. */
  readonly #kept = new Map<string, string[]>();
  #words = 0;

  constructor(random: Random, userIds: readonly string[], scenario: Scenario) {
    this.#random = random;
    this.#userIds = userIds;
    this.#conversationsMax = scenario.conversations;
    this.#rewrites = scenario.rewrites;
    this.#groups = scenario.groups;
    this.#timers = scenario.timers;
    this.#channels = scenario.channels;
  }

  /** The next thing that this device wants. */
  next(client: SimulatedClient): Submission {
    const random = this.#random;
    const known = [...client.conversations.keys()];
    if (this.#ids.length < this.#conversationsMax && (known.length === 0 || random.chance(0.3)))
      return this.#create(client);
    // Mostly where one is a member, at times where one has no business.
    const conversationId = known.length > 0 && random.chance(0.95) ? random.pick(known) : random.pick(this.#ids);
    const held = client.conversations.get(conversationId);
    const submission = {
      conversationId,
      commandId: random.uuid(),
      // What was held when it was first tried bounds the look-up; it may be left out.
      knownSeq: held && random.chance(0.6) ? held.highest : undefined,
    };
    const somebody = (): string => random.pick(this.#userIds);
    const seq =
      random.chance(0.9) && held && held.highest > 0 ? random.between(1, held.highest) : random.between(1, 40);
    const bodies: {
      [kind in
        | 'send'
        | 'reply'
        | 'forward'
        | 'place'
        | 'mention'
        | 'poll'
        | 'vote'
        | 'close'
        | 'pin'
        | 'move'
        | 'edit'
        | 'delete'
        | 'react'
        | 'add'
        | 'remove'
        | 'leave'
        | 'role'
        | 'rename'
        | 'settings'
        | 'timer'
        | 'later'
        | 'picture'
        | 'ban'
        | 'unban'
        | 'invite'
        | 'revoke'
        | 'join']: () => Omit<Input<Command>, 'conversationId' | 'commandId'>;
    } = {
      send: () => ({ send: { content: this.#text() } }),
      reply: () => ({ send: { content: this.#text(), replyToSeq: seq } }),
      forward: () => ({ send: this.#forward() }),
      mention: () => ({ send: { content: this.#mention() } }),
      poll: () => ({ send: { content: this.#poll() } }),
      vote: () => ({ vote: { seq: this.#pollIn(held, seq), options: this.#options() } }),
      close: () => ({ closePoll: { seq: this.#pollIn(held, seq) } }),
      pin: () => ({ pin: { seq, remove: random.chance(0.3) } }),
      place: () => ({ send: { content: this.#place() } }),
      move: () => ({ edit: { seq, content: this.#place() } }),
      edit: () => ({ edit: { seq, content: this.#text() } }),
      delete: () => ({ delete: { seq } }),
      react: () => ({ react: { seq, emoji: random.pick(['👍', '🎉']), remove: random.chance(0.3) } }),
      add: () => ({ addMembers: { userIds: [somebody(), somebody()] } }),
      remove: () => ({ removeMember: { userId: somebody() } }),
      leave: () => ({ removeMember: { userId: client.userId } }),
      role: () => ({ setRole: { userId: somebody(), role: random.pick(['member', 'admin', 'owner']) } }),
      rename: () => ({ rename: random.chance(0.5) ? { title: this.#word() } : { description: this.#word() } }),
      picture: () => ({ rename: { pictureUrl: random.chance(0.7) ? this.#word() : '' } }),
      settings: () => ({ changeSettings: this.#settings() }),
      later: () => ({}),
      timer: () => ({ changeSettings: { disappearAfterSeconds: random.pick([0, 4, 5, 5, 20, 60]) } }),
      ban: () => ({ ban: { userId: somebody() } }),
      unban: () => ({ unban: { userId: somebody() } }),
      invite: () => ({ createInvite: this.#invite(conversationId) }),
      revoke: () => ({ revokeInvite: { inviteId: this.#known(conversationId) } }),
      join: () => ({ join: { inviteId: this.#known(conversationId) } }),
    };
    const kind = random.weighted({
      send: 60,
      reply: 5,
      forward: 3,
      mention: 8,
      poll: 3 * this.#rewrites,
      vote: 8 * this.#rewrites,
      close: this.#rewrites,
      pin: 5 * this.#rewrites,
      place: 2 * this.#rewrites,
      move: 2 * this.#rewrites,
      edit: 9 * this.#rewrites,
      delete: 5 * this.#rewrites,
      react: 9 * this.#rewrites,
      add: 8,
      remove: 5,
      leave: 1,
      role: 3,
      rename: 5,
      settings: 8 * this.#groups,
      picture: this.#groups,
      ban: 3 * this.#groups,
      unban: 4 * this.#groups,
      invite: 4 * this.#groups,
      revoke: this.#groups,
      join: 12 * this.#groups,
      timer: 12 * this.#timers,
      later: 15 * this.#timers,
    });
    // A link is followed where one is no member.
    if (kind === 'join' && this.#invites.length > 0)
      return this.#join(random.pick(this.#invites), submission.commandId);
    if (kind === 'later') return this.#later(client, conversationId, submission.commandId);
    return { ...submission, ...bodies[kind]() };
  }

  #create(client: SimulatedClient): Submission {
    const random = this.#random;
    const commandId = random.uuid();
    const others = this.#userIds.filter((id) => id !== client.userId);
    const peer = random.pick(others);
    const direct = directConversationId(client.userId, peer);
    const isDirect = random.chance(0.4) && !client.conversations.has(direct);
    const conversationId = isDirect ? direct : conversationIdOf(client.userId, commandId);
    if (!this.#ids.includes(conversationId)) this.#ids.push(conversationId);
    client.held(conversationId);
    if (isDirect) return { conversationId, commandId, create: { kind: 'direct', title: '', memberIds: [peer] } };
    return {
      conversationId,
      commandId,
      create: {
        kind: this.#channels > 0 && random.chance(this.#channels) ? 'channel' : 'group',
        title: this.#word(),
        memberIds: others.filter(() => random.chance(0.6)),
      },
    };
  }

  /** Keeps a message for later, or changes or takes back one that this device kept; each device has the clock that it has. */
  #later(client: SimulatedClient, conversationId: string, commandId: string): Submission {
    const random = this.#random;
    const to = { conversationId: scheduleIdOf(client.userId), commandId, knownSeq: undefined };
    const sendAtMs = client.life.clock.nowMs() + random.pick([-1000, 2000, 5000, 20_000, 60_000]);
    const kept = random.chance(0.4) ? this.#kept.get(client.userId) : undefined;
    if (kept) {
      const messageId = random.pick(kept);
      if (random.chance(0.5)) return { ...to, schedule: { cancel: { messageId } } };
      return { ...to, schedule: { change: { messageId, sendAtMs, content: this.#text() } } };
    }
    this.#kept.set(client.userId, [...(this.#kept.get(client.userId) ?? []), commandId]);
    return { ...to, schedule: { add: { messageId: commandId, conversationId, content: this.#text(), sendAtMs } } };
  }

  #invite(conversationId: string): NonNullable<Input<Command>['createInvite']> {
    const random = this.#random;
    const inviteId = this.#word();
    this.#invites.push({ conversationId, inviteId });
    const expiresInMs = random.chance(0.5) ? 0 : random.pick([1000, 60_000, 600_000]);
    return { inviteId, expiresInMs, maxUses: random.between(0, 2) };
  }

  #join({ conversationId, inviteId }: MadeInvite, commandId: string): Submission {
    return { conversationId, commandId, knownSeq: undefined, join: { inviteId } };
  }

  /** A link of a conversation, or none that there is. */
  #known(conversationId: string): string {
    return this.#invites.findLast((invite) => invite.conversationId === conversationId)?.inviteId ?? 'none';
  }

  /** Mostly ones in which people can talk and come. */
  #settings(): NonNullable<Input<Command>['changeSettings']> {
    const random = this.#random;
    return random.weighted({ send: 1, add: 1, history: 2 }) === 'history'
      ? { fullHistory: random.chance(0.7) }
      : random.chance(0.5)
        ? { sendRole: random.pick(['member', 'member', 'admin']) }
        : { [random.pick(['addRole', 'mentionAllRole', 'pinRole'])]: random.pick(['member', 'member', 'admin']) };
  }

  /** What a gateway makes of a message that is passed on, or of one that is not there. */
  #forward(): NonNullable<Input<Command>['send']> {
    const random = this.#random;
    if (random.chance(0.2)) return { refusal: { code: 'NOT_FOUND', message: 'gone' } };
    const senderId = random.pick(this.#userIds);
    return { content: this.#text(), forwarded: { senderId, sentAtMs: 1, hops: random.between(1, 5) } };
  }

  /** A text that speaks of people, who may be no members, or of all. */
  #mention(): Input<Content> {
    const random = this.#random;
    const { body } = this.#text().text;
    const whom = random.chance(0.3) ? { all: true } : { userId: random.pick(this.#userIds) };
    return { text: { body, mentions: [{ start: 0, length: 1, ...whom }] } };
  }

  /** The seq of a poll that this device knows, or any other. */
  #pollIn(held: HeldConversation | undefined, otherwise: number): number {
    const polls = [...(held?.events.values() ?? [])].filter(({ message }) => message?.content?.poll);
    return polls.length > 0 && this.#random.chance(0.9) ? this.#random.pick(polls).seq : otherwise;
  }

  #poll(): Input<Content> {
    const random = this.#random;
    const [multiple, anonymous] = [random.chance(0.5), random.chance(0.5)];
    return { poll: { question: this.#word(), options: ['a', 'b', 'c'], multiple, anonymous } };
  }

  /** Mostly ones that there are. */
  #options(): number[] {
    const random = this.#random;
    return random.chance(0.2) ? [] : [random.between(0, 3), ...(random.chance(0.3) ? [random.between(0, 2)] : [])];
  }

  /** Somewhere, for a while. */
  #place(): Input<Content> {
    const random = this.#random;
    const liveForMs = random.pick([0, 5000, 600_000]);
    return { location: { latitude: random.between(-90, 90) / 7, longitude: 0.1, name: this.#word(), liveForMs } };
  }

  #word(): string {
    return `w${++this.#words}`;
  }

  #text(): { text: { body: string } } {
    return { text: { body: this.#word() } };
  }
}
