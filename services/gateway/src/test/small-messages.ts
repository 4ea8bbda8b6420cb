/** Conversations in memory: enough of messages to see that what a gateway takes comes back. */
import type { DeliveryService } from '@clatter/contracts/gateway';
import { Command, type MessagesService } from '@clatter/contracts/messages';
import type { PresenceService } from '@clatter/contracts/presence';
import { type Consumer, type EventLog, type LogRecord, topics } from '@clatter/log';
import {
  type Ack,
  ClatterError,
  Conversation,
  type Event,
  Event as EventCodec,
  type Input,
  type MemberRole,
  ServerFrame,
} from '@clatter/wire';

interface Room {
  readonly conversation: Conversation;
  readonly members: Map<string, MemberRole>;
  readonly banned: Set<string>;
  readonly invites: Set<string>;
  readonly events: Event[];
  readonly acks: Map<string, Input<Ack>>;
}

const encoder = new TextEncoder();
const SETTINGS = {
  sendRole: 'member',
  addRole: 'admin',
  fullHistory: false,
  disappearAfterSeconds: 0,
  mentionAllRole: 'admin',
  pinRole: 'member',
} as const;

export class SmallMessages {
  /** Commands are taken and nobody is answered. */
  silent = false;
  readonly service: MessagesService;
  readonly #rooms = new Map<string, Room>();
  readonly #consumer: Consumer;
  readonly #presence: PresenceService;
  readonly #gateway: () => DeliveryService;

  constructor(log: EventLog, presence: PresenceService, gateway: () => DeliveryService) {
    this.#presence = presence;
    this.#gateway = gateway;
    this.#consumer = log.consume({
      group: 'messages',
      topics: [topics.commands.name],
      start: 'beginning',
      assign: async (assignment) => ({
        onBatch: async (records) => {
          for (const record of records) await this.#take(record);
          await assignment.commit((records.at(-1) as LogRecord).offset + 1);
        },
        stop: async () => undefined,
      }),
    });
    this.service = {
      getConversation: async ({ userId = '', conversationId = '' }) => ({
        conversation: this.#view(this.#room(userId, conversationId), userId),
      }),
      listConversations: async ({ userId = '' }) => {
        const own = [...this.#rooms.values()].filter(({ members }) => members.has(userId));
        return {
          items: own.map((room) => ({
            conversation: this.#view(room, userId),
            headSeq: room.events.length,
            flags: {},
          })),
        };
      },
      listMembers: async ({ userId = '', conversationId = '' }) => ({
        items: [...this.#room(userId, conversationId).members].map(([id, role]) => ({
          userId: id,
          role,
          joinedSeq: 1,
          visibleFromSeq: 1,
        })),
      }),
      listScheduled: async () => ({ items: [] }),
      listMuted: async () => ({ userIds: [] }),
      listInvites: async ({ userId = '', conversationId = '' }) => ({
        items: [...this.#room(userId, conversationId).invites].map((inviteId) => ({ inviteId, createdBy: userId })),
      }),
      channelsOf: async ({ userIds = [] }) => ({ people: userIds.map(() => ({ channels: [], count: 0 })) }),
      pageMembers: async () => ({ userIds: [] }),
      listVotes: async ({ userId = '' }) => ({ items: [{ userId, options: [1] }] }),
      listPins: async ({ userId = '', conversationId = '' }) => ({
        items: this.#room(userId, conversationId).events.flatMap((event) =>
          event.pinned ? [{ seq: event.pinned.seq, pinnedBy: event.senderId, event }] : [],
        ),
      }),
      listBans: async ({ userId = '', conversationId = '' }) => ({
        userIds: [...this.#room(userId, conversationId).banned],
      }),
      previewInvite: async ({ userId = '', conversationId = '', inviteId = '' }) => {
        const room = this.#rooms.get(conversationId);
        if (!room?.invites.has(inviteId)) throw new ClatterError('NOT_FOUND', 'token: there is no such invite');
        const { settings: _, ...conversation } = this.#view(room, userId);
        return { conversation, expiresAtMs: 0 };
      },
      listReceipts: async ({ userId = '', conversationId = '', seq = 0 }) => {
        const others = [...this.#room(userId, conversationId).members.keys()].filter((id) => id !== userId);
        const items = others.map((id, index) => ({ userId: id, deliveredSeq: seq, readSeq: index === 0 ? seq : 0 }));
        return { items, members: others.length, delivered: others.length, read: 1 };
      },
      listReactions: async ({ userId = '', conversationId = '' }) => ({
        items: [...this.#room(userId, conversationId).members.keys()].map((id) => ({ emoji: '👍', userId: id })),
        nextCursor: `👍 ${userId}`,
      }),
      history: async ({ userId = '', history }) => ({
        page: { events: this.#room(userId, history?.conversationId ?? '').events, hasMore: false },
      }),
      sync: async () => ({ page: { conversations: [], cursor: 'c', done: true } }),
    };
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }

  #room(userId: string, conversationId: string): Room {
    const room = this.#rooms.get(conversationId);
    if (!room?.members.has(userId))
      throw new ClatterError('NOT_FOUND', 'conversationId: there is no such conversation');
    return room;
  }

  #view({ conversation, members }: Room, userId: string): Conversation {
    return { ...conversation, memberCount: members.size, role: members.get(userId) ?? 'none' };
  }

  async #take(record: LogRecord): Promise<void> {
    const command = Command.decode(record.value);
    if (this.silent) return;
    const { conversationId, commandId, senderId, create } = command;
    let room = this.#rooms.get(conversationId);
    if (create && !room) {
      room = {
        conversation: Conversation.create({
          conversationId,
          kind: create.kind,
          title: create.title,
          settings: { ...SETTINGS },
        }),
        members: new Map([[senderId, create.kind === 'direct' ? 'member' : 'owner'] as const]),
        banned: new Set(),
        invites: new Set(),
        events: [],
        acks: new Map(),
      };
      for (const id of create.memberIds) room.members.set(id, 'member');
      this.#rooms.set(conversationId, room);
    }
    const known = room?.acks.get(commandId);
    if (known) return this.#answer(command, { ack: known });
    const joins = command.join && room?.invites.has(command.join.inviteId);
    if (joins && room?.members.has(senderId))
      return this.#answer(command, { reject: { code: 'CONFLICT', message: 'you are a member already' } });
    if (!room || (!joins && !room.members.has(senderId)))
      return this.#answer(command, { reject: { code: 'NOT_FOUND', message: 'there is no such conversation' } });
    const event = this.#append(room, command, record);
    const ack = {
      conversationId,
      messageId: commandId,
      seq: event.seq,
      messageNo: event.messageNo,
      sentAtMs: event.sentAtMs,
    };
    room.acks.set(commandId, ack);
    await this.#answer(command, { ack });
    const { connections = [] } = await this.#presence.locate({ userIds: [...room.members.keys()] });
    const frame = { event };
    const numbers = (encoding: string): number[] =>
      connections.filter((item) => item.encoding === encoding).map(({ connection }) => connection as number);
    await this.#gateway().deliver({
      deliveries: [
        {
          jsonConnections: numbers('json'),
          protoConnections: numbers('proto'),
          json: encoder.encode(ServerFrame.toJson(frame)),
          proto: ServerFrame.encode(frame),
        },
      ],
    });
  }

  #append(room: Room, command: Command, record: LogRecord): Event {
    const { conversation, members, banned, invites, events } = room;
    const { send, rename, addMembers, removeMember, setRole, changeSettings, ban, unban } = command;
    const { createInvite, revokeInvite, join } = command;
    const event = EventCodec.create({
      conversationId: conversation.conversationId,
      seq: events.length + 1,
      messageNo: events.filter(({ message }) => message).length + (send ? 1 : 0),
      senderId: command.senderId,
      sentAtMs: record.timestampMs,
    });
    if (send)
      event.message = {
        messageId: command.commandId,
        content: send.content,
        edited: false,
        deleted: false,
        reactions: [],
      };
    if (command.pin) event[command.pin.remove ? 'unpinned' : 'pinned'] = { seq: command.pin.seq };
    if (changeSettings) {
      const given = Object.entries(changeSettings).filter(([, value]) => value !== undefined);
      conversation.settings = { ...SETTINGS, ...conversation.settings, ...Object.fromEntries(given) };
    }
    if (rename?.pictureUrl !== undefined) conversation.pictureUrl = rename.pictureUrl || undefined;
    if (rename) conversation.title = rename.title ?? conversation.title;
    if (rename) conversation.description = rename.description ?? conversation.description;
    for (const id of addMembers?.userIds ?? []) members.set(id, 'member');
    if (removeMember) members.delete(removeMember.userId);
    if (ban) {
      members.delete(ban.userId);
      banned.add(ban.userId);
    }
    if (createInvite) invites.add(createInvite.inviteId);
    if (revokeInvite) invites.delete(revokeInvite.inviteId);
    if (join) members.set(command.senderId, 'member');
    if (unban) banned.delete(unban.userId);
    if (setRole) members.set(setRole.userId, setRole.role);
    events.push(event);
    return event;
  }

  async #answer({ replyTo }: Command, answer: Input<ServerFrame>): Promise<void> {
    if (!replyTo) return;
    const frame = { ref: replyTo.ref, ...answer };
    const one = [replyTo.connection];
    await this.#gateway().deliver({
      deliveries: [
        replyTo.encoding === 'proto'
          ? { protoConnections: one, proto: ServerFrame.encode(frame) }
          : { jsonConnections: one, json: encoder.encode(ServerFrame.toJson(frame)) },
      ],
    });
  }
}
