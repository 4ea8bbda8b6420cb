/**
 * What a log means, once more and as plainly as possible: one record after the other, whole state in memory, nothing remembered for speed.
 * The sequencer is compared with it, so it shares no code with it.
 */
import { type CallToAll, Command, type StoredEvent, type StoredVote } from '@clatter/contracts/messages';
import type { LogRecord } from '@clatter/log';
import {
  type Content,
  type ConversationSettings,
  Event,
  type Invite,
  type Member,
  type MemberRole,
  type Pin,
} from '@clatter/wire';

import { decideScheduled, type ReferenceScheduled, type ScheduleLists, scheduleAfter } from './reference-schedule.ts';

/** What became of one record. */
export type Verdict =
  | { readonly kind: 'event'; readonly event: Event; readonly recipients: ReadonlySet<string> }
  | { readonly kind: 'duplicate'; readonly first: Place }
  | { readonly kind: 'reject'; readonly code: string };

export interface Place {
  readonly seq: number;
  readonly messageNo: number;
  readonly sentAtMs: number;
}

export interface ReferenceMember {
  readonly role: MemberRole;
  readonly joinedSeq: number;
  readonly visibleFromSeq: number;
  readonly removedSeq: number;
  readonly banned: boolean;
  readonly mentionSeqs: readonly number[];
}

/** Somebody of whom the conversation knows nothing. */
const STRANGER: ReferenceMember = {
  role: 'none',
  joinedSeq: 0,
  visibleFromSeq: 0,
  removedSeq: 0,
  banned: false,
  mentionSeqs: [],
};

/** A conversation right after one of its events. */
export interface Moment {
  readonly position: number;
  readonly commandId: string;
  readonly event: Event;
  readonly members: ReadonlyMap<string, ReferenceMember>;
  readonly title: string;
  readonly description: string;
  readonly settings: ConversationSettings;
  readonly invites: readonly Invite[];
  readonly pictureUrl: string | undefined;
  readonly callsToAll: CallToAll[];
  readonly pins: Pin[];
  /** Whom the event calls, or does not call any more. */
  readonly called: readonly string[];
  readonly scheduled: ReferenceScheduled[];
  readonly isDropped: boolean;
}

/** A row's event from some position on. */
interface Version {
  readonly position: number;
  readonly stored: StoredEvent;
}

const roleIn = (members: ReadonlyMap<string, ReferenceMember>, userId: string): MemberRole =>
  members.get(userId)?.role ?? 'none';
const present = (members: ReadonlyMap<string, ReferenceMember>): string[] =>
  [...members].filter(([, { role }]) => role !== 'none').map(([userId]) => userId);
const reject = (code: string): Verdict => ({ kind: 'reject', code });

const GROUP_MEMBERS_MAX = 500;
const USUAL: ConversationSettings = {
  sendRole: 'member',
  addRole: 'admin',
  fullHistory: false,
  disappearAfterSeconds: 0,
  mentionAllRole: 'admin',
  pinRole: 'member',
};
/** Messages that an event takes away. */
const goneSeqs = ({ deleted, expired }: Event): readonly number[] => expired?.seqs ?? (deleted ? [deleted.seq] : []);

const NOBODY_ID = '00000000-0000-0000-0000-000000000000';
const PINS_MAX = 50;
const CALLS_MAX = 100;
const REACTIONS_MAX = 20;

export class ReferenceConversation {
  readonly id: string;
  readonly moments: Moment[] = [];
  /** By seq − 1: the versions of each row. */
  readonly versions: Version[][] = [];
  readonly #firsts = new Map<string, Place>();

  constructor(id: string) {
    this.id = id;
  }

  get last(): Moment | undefined {
    return this.moments.at(-1);
  }

  get kind(): 'direct' | 'group' | 'channel' | 'user' {
    if (this.moments[0]?.event.scheduled) return 'user';
    return (this.moments[0]?.event.created?.kind ?? 'group') as 'direct' | 'group' | 'channel';
  }

  get schedule(): ScheduleLists {
    return { scheduled: this.last?.scheduled ?? [], isDropped: this.last?.isDropped ?? false };
  }

  get members(): ReadonlyMap<string, ReferenceMember> {
    return this.last?.members ?? new Map();
  }

  get settings(): ConversationSettings {
    return this.last?.settings ?? USUAL;
  }

  firstOf(senderId: string, commandId: string): Place | undefined {
    return this.#firsts.get(senderId + commandId);
  }

  /** The conversation as it stood after all records up to `position`. */
  momentAt(position: number): Moment | undefined {
    return this.moments.findLast((moment) => moment.position <= position);
  }

  /** A row as it was after `position`. */
  storedAt(seq: number, position = Number.MAX_SAFE_INTEGER): Version | undefined {
    return this.versions[seq - 1]?.findLast((version) => version.position <= position);
  }

  /** Whether a person was a member when `seq` happened, or became or ceased to be one by it. */
  wasMember(userId: string, seq: number): boolean {
    const before = this.moments[seq - 2]?.members;
    const after = this.moments[seq - 1]?.members;
    return (
      (before !== undefined && roleIn(before, userId) !== 'none') ||
      (after !== undefined && roleIn(after, userId) !== 'none')
    );
  }

  /** Whether a person could ever see what stands at `seq`: as a member then, or as one later, whose history was open. */
  everSaw(userId: string, seq: number): boolean {
    return (
      this.wasMember(userId, seq) ||
      this.moments.some(({ event, members }) => {
        const member = members.get(userId);
        return member && member.role !== 'none' && member.visibleFromSeq <= seq && seq <= event.seq;
      })
    );
  }

  /** The newest event before `seq` that ended a person's membership. */
  lastRemoval(userId: string, seq: number): Moment | undefined {
    return this.moments.findLast(({ event }) => event.seq < seq && event.membersChanged?.removedIds.includes(userId));
  }

  /** The seqs that a person may see now: of the newest stay, none for a stranger. */
  visibleTo(userId: string): { readonly from: number; readonly to: number } | undefined {
    const member = this.members.get(userId);
    if (!member || member.joinedSeq === 0) return undefined;
    return { from: member.visibleFromSeq, to: member.removedSeq || (this.last?.event.seq as number) };
  }

  take(command: Command, position: number, timestampMs: number): Verdict {
    const first = this.firstOf(command.senderId, command.commandId);
    if (first) return { kind: 'duplicate', first };
    const outcome = this.#decide(command, Math.max(timestampMs, this.last?.event.sentAtMs ?? 0));
    if ('kind' in outcome) return outcome;
    const head = this.last?.event;
    const event = Event.create({
      conversationId: this.id,
      seq: (head?.seq ?? 0) + 1,
      messageNo: (head?.messageNo ?? 0) + (outcome.body.message ? 1 : 0),
      senderId: command.senderId,
      sentAtMs: Math.max(timestampMs, head?.sentAtMs ?? 0),
      ...outcome.body,
      ...(outcome.vote && { senderId: NOBODY_ID }),
    });
    const before = this.members;
    const called = this.#called(event);
    const members = this.#membersAfter(event, called);
    this.moments.push({
      position,
      commandId: command.commandId,
      event,
      members,
      title: event.created?.title ?? event.renamed?.title ?? this.last?.title ?? '',
      description: event.renamed?.description ?? this.last?.description ?? '',
      settings: event.settingsChanged?.settings ?? this.settings,
      invites: this.#invitesAfter(event),
      pictureUrl: (event.created ?? event.renamed ?? this.last)?.pictureUrl,
      called,
      ...this.#listsAfter(event),
      ...scheduleAfter(this.schedule, event),
    });
    const kept = event.edited ? { ...event, edited: { seq: event.edited.seq, content: undefined } } : event;
    const targets = goneSeqs(event).map((seq) => this.storedAt(seq)?.stored);
    const mentionsAll =
      targets.some((target) => target?.mentionsAll) ||
      (event.message?.content?.text?.mentions ?? []).some(({ all }) => all);
    this.versions.push([
      {
        position,
        stored: {
          event: kept,
          reactions: [],
          mentionedIds: called,
          mentionsAll,
          votes: [],
          pollClosed: false,
          vote: outcome.vote,
        },
      },
    ]);
    for (const { seq, stored } of outcome.rewrites ?? []) this.versions[seq - 1]?.push({ position, stored });
    this.#firsts.set(command.senderId + command.commandId, {
      seq: event.seq,
      messageNo: event.messageNo,
      sentAtMs: event.sentAtMs,
    });
    if (event.scheduled) return { kind: 'event', event, recipients: new Set([event.senderId]) };
    return { kind: 'event', event, recipients: new Set([...present(before), ...present(members)]) };
  }

  #invitesAfter({ inviteCreated, inviteRevoked, membersChanged, senderId, sentAtMs }: Event): readonly Invite[] {
    const invites = this.last?.invites ?? [];
    if (inviteCreated) {
      const good = invites.filter(({ inviteId }) => this.#lets(inviteId, sentAtMs));
      return [...good, { ...inviteCreated, createdBy: senderId, uses: 0 }];
    }
    return invites
      .filter(({ inviteId }) => inviteId !== inviteRevoked?.inviteId)
      .map((invite) => (invite.inviteId === membersChanged?.inviteId ? { ...invite, uses: invite.uses + 1 } : invite));
  }

  /** Whom a message calls: members that it names, but its sender. A deletion takes that back. */
  #called(event: Event): string[] {
    const { message, senderId } = event;
    const gone = goneSeqs(event);
    if (gone.length > 0) return [...new Set(gone.flatMap((seq) => this.storedAt(seq)?.stored.mentionedIds ?? []))];
    const named = new Set(message?.content?.text?.mentions.flatMap(({ userId }) => userId ?? []));
    return [...named].filter((userId) => userId !== senderId && roleIn(this.members, userId) !== 'none');
  }

  /** Messages that call all, and pinned ones. */
  #listsAfter(event: Event): Pick<Moment, 'callsToAll' | 'pins'> {
    const { seq, senderId, sentAtMs, message, pinned, unpinned } = event;
    const gone = goneSeqs(event);
    const callsToAll = (this.last?.callsToAll ?? []).filter((call) => !gone.includes(call.seq));
    if (message?.content?.text?.mentions.some(({ all }) => all)) callsToAll.push({ seq, senderId });
    const pins = (this.last?.pins ?? []).filter((pin) => !gone.includes(pin.seq) && pin.seq !== unpinned?.seq);
    if (pinned) pins.push({ seq: pinned.seq, pinnedBy: senderId, pinnedAtMs: sentAtMs });
    return { callsToAll: callsToAll.slice(-CALLS_MAX), pins };
  }

  /** Whether an invite lets somebody in at a time. */
  #lets(id: string, atMs: number): boolean {
    const invite = this.last?.invites.find(({ inviteId }) => inviteId === id);
    if (!invite) return false;
    const { expiresAtMs, maxUses, uses } = invite;
    return !(expiresAtMs > 0 && atMs >= expiresAtMs) && !(maxUses > 0 && uses >= maxUses);
  }

  #expire(
    seqs: readonly number[],
    atMs: number,
  ): Verdict | { body: Partial<Event>; rewrites: { seq: number; stored: StoredEvent }[] } {
    const rewrites = [];
    for (const seq of seqs) {
      const event = this.storedAt(seq)?.stored.event;
      const message = event?.message;
      if (!event || !message?.expiresAtMs || message.deleted || message.expiresAtMs > atMs) continue;
      const blank = { ...message, content: undefined, edited: false, deleted: true, forwarded: undefined };
      const stored = this.storedAt(seq)?.stored as StoredEvent;
      rewrites.push({ seq, stored: { ...stored, event: { ...event, message: blank }, reactions: [], votes: [] } });
    }
    if (rewrites.length === 0) return reject('CONFLICT');
    return { body: { expired: { seqs: rewrites.map(({ seq }) => seq) } }, rewrites };
  }

  /** Messages that are to disappear before a time, and are still there. */
  toDisappear(beforeMs: number): number[] {
    return this.versions.flatMap((versions, index) => {
      const message = versions.at(-1)?.stored.event?.message;
      return message?.expiresAtMs && message.expiresAtMs < beforeMs && !message.deleted ? [index + 1] : [];
    });
  }

  #wasHere(userId: string): boolean {
    return (this.members.get(userId) ?? STRANGER).joinedSeq > 0;
  }

  #membersAfter(event: Event, called: readonly string[]): ReadonlyMap<string, ReferenceMember> {
    const members = new Map(this.members);
    for (const userId of called) {
      const member = members.get(userId) ?? STRANGER;
      const others = member.mentionSeqs.filter((seq) => !goneSeqs(event).includes(seq));
      const mentionSeqs = event.message ? [...others, event.seq].slice(-CALLS_MAX) : others;
      members.set(userId, { ...member, mentionSeqs });
    }
    const { created, membersChanged } = event;
    for (const { userId, role } of created?.members ?? [])
      members.set(userId, { ...STRANGER, role, joinedSeq: 1, visibleFromSeq: 1 });
    for (const { userId, role } of membersChanged?.added ?? []) {
      const visibleFromSeq = this.settings.fullHistory ? 1 : event.seq;
      members.set(userId, { ...STRANGER, role, joinedSeq: event.seq, visibleFromSeq });
    }
    for (const userId of membersChanged?.removedIds ?? [])
      members.set(userId, { ...(members.get(userId) as ReferenceMember), role: 'none', removedSeq: event.seq });
    for (const { userId, role } of membersChanged?.changed ?? [])
      members.set(userId, { ...(members.get(userId) as ReferenceMember), role });
    for (const userId of membersChanged?.bannedIds ?? [])
      members.set(userId, { ...(members.get(userId) ?? STRANGER), banned: true });
    for (const userId of membersChanged?.unbannedIds ?? [])
      members.set(userId, { ...(members.get(userId) ?? STRANGER), banned: false });
    return members;
  }

  #decide(
    command: Command,
    atMs: number,
  ): Verdict | { body: Partial<Event>; rewrites?: readonly { seq: number; stored: StoredEvent }[]; vote?: StoredVote } {
    const { senderId, create } = command;
    if (command.expire) return this.#expire(command.expire.seqs, atMs);
    if (command.schedule) return decideScheduled(this.schedule, (seq) => this.storedAt(seq)?.stored, command, atMs);
    if (create) {
      if (this.last) {
        const { seq, messageNo, sentAtMs } = (this.moments[0] as Moment).event;
        return this.#wasHere(senderId)
          ? { kind: 'duplicate', first: { seq, messageNo, sentAtMs } }
          : reject('CONFLICT');
      }
      const others = new Set(create.memberIds);
      others.delete(senderId);
      const direct = create.kind === 'direct';
      if (!direct && create.kind !== 'group' && create.kind !== 'channel') return reject('INVALID');
      if (direct && others.size > 1) return reject('INVALID');
      if (others.size >= GROUP_MEMBERS_MAX) return reject('TOO_LARGE');
      const members: Member[] = [senderId, ...others].map((userId) => ({
        userId,
        role: userId === senderId && !direct ? 'owner' : 'member',
        joinedSeq: 1,
        visibleFromSeq: 1,
      }));
      const [title, pictureUrl] = direct ? ['', undefined] : [create.title, create.pictureUrl || undefined];
      return { body: { created: { kind: create.kind, title, members, pictureUrl } } };
    }
    const role = roleIn(this.members, senderId);
    if (command.join) {
      const { inviteId } = command.join;
      const nobody = present(this.members).length === 0;
      if (!this.#lets(inviteId, atMs) || nobody || this.members.get(senderId)?.banned) return reject('NOT_FOUND');
      if (role !== 'none') return reject('CONFLICT');
      const joinedSeq = (this.last as Moment).event.seq + 1;
      const visibleFromSeq = this.settings.fullHistory ? 1 : joinedSeq;
      const added: Member[] = [{ userId: senderId, role: 'member', joinedSeq, visibleFromSeq }];
      const membersChanged = { added, removedIds: [], changed: [], bannedIds: [], unbannedIds: [], inviteId };
      return { body: { membersChanged } };
    }
    if (role === 'none') return reject(this.#wasHere(senderId) ? 'NOT_A_MEMBER' : 'NOT_FOUND');
    const manages = role === 'owner' || role === 'admin';
    const {
      send,
      edit,
      delete: remove,
      react,
      addMembers,
      removeMember,
      setRole,
      rename,
      changeSettings,
      ban,
      unban,
    } = command;
    const { settings } = this;
    const speaks = manages || settings.sendRole === 'member' || this.kind === 'direct';
    /** A row that the sender may see, or wrote. */
    const seen = (at: number): StoredEvent | undefined => {
      const stored = this.storedAt(at)?.stored;
      const from = this.members.get(senderId)?.visibleFromSeq as number;
      return at >= from || stored?.event?.senderId === senderId ? stored : undefined;
    };

    if (send) {
      if (!speaks) return reject('FORBIDDEN');
      const target = send.replyToSeq ? seen(send.replyToSeq)?.event : undefined;
      if (send.replyToSeq && !target?.message) return reject('INVALID');
      if (send.refusal) return reject(send.refusal.code);
      const toAll = send.content?.text?.mentions.some(({ all }) => all);
      if (toAll && (this.kind === 'direct' || !(manages || settings.mentionAllRole === 'member')))
        return reject('FORBIDDEN');
      const { content, clientTimeMs, forwarded } = send;
      const seconds = settings.disappearAfterSeconds;
      return {
        body: {
          message: {
            messageId: command.commandId,
            content,
            replyToSeq: send.replyToSeq || undefined,
            clientTimeMs,
            edited: false,
            deleted: false,
            reactions: [],
            forwarded,
            expiresAtMs: seconds ? atMs + seconds * 1000 : undefined,
          },
        },
      };
    }
    if (command.pin) {
      const { seq, remove: unpins } = command.pin;
      const target = seen(seq)?.event?.message;
      const pins = this.last?.pins ?? [];
      const isPinned = pins.some((item) => item.seq === seq);
      if (!target) return reject('NOT_FOUND');
      if (!manages && settings.pinRole !== 'member' && this.kind !== 'direct') return reject('FORBIDDEN');
      if (isPinned !== unpins) return reject('CONFLICT');
      if (unpins) return { body: { unpinned: { seq } } };
      if (target.deleted || (target.expiresAtMs ?? Number.POSITIVE_INFINITY) <= atMs) return reject('NOT_FOUND');
      return pins.length < PINS_MAX ? { body: { pinned: { seq } } } : reject('TOO_LARGE');
    }
    const { vote, closePoll } = command;
    const seq = (edit ?? remove ?? react ?? vote ?? closePoll)?.seq;
    if (seq !== undefined) {
      const target = seen(seq);
      const event = target?.event;
      if (!target || !event?.message || event.message.deleted) return reject('NOT_FOUND');
      if ((event.message.expiresAtMs ?? Number.POSITIVE_INFINITY) <= atMs) return reject('NOT_FOUND');
      const own = event.senderId === senderId;
      const poll = event.message.content?.poll;
      if (vote ?? closePoll) {
        if (!poll) return reject('INVALID');
        if (closePoll && !own) return reject('FORBIDDEN');
        if (target.pollClosed || (poll.closesAtMs > 0 && poll.closesAtMs <= atMs)) return reject('CONFLICT');
      }
      if (closePoll)
        return { body: { pollClosed: { seq } }, rewrites: [{ seq, stored: { ...target, pollClosed: true } }] };
      if (vote && poll) {
        const options = [...new Set(vote.options)].filter((option) => option < poll.options.length);
        if (options.length !== vote.options.length || (options.length > 1 && !poll.multiple)) return reject('INVALID');
        const sorted = options.toSorted((a, b) => a - b);
        const before = target.votes.find(({ userId }) => userId === senderId);
        if (`${before?.options ?? ''}` === `${sorted}`) return reject('CONFLICT');
        const votes = target.votes.map((item) => (item === before ? { userId: senderId, options: sorted } : item));
        if (!before) votes.push({ userId: senderId, options: sorted });
        const left = votes.filter((item) => item.options.length > 0);
        const counts = poll.options.map((_, option) => left.filter((item) => item.options.includes(option)).length);
        const shown = poll.anonymous ? [] : vote.options;
        return {
          body: { voted: { seq, options: shown, counts, voters: left.length } },
          rewrites: [{ seq, stored: { ...target, votes: left } }],
          ...(poll.anonymous && { vote: { userId: senderId, options: vote.options } }),
        };
      }
      if (edit) {
        if (!own || !speaks) return reject('FORBIDDEN');
        if (!mayBecome(event, edit.content, atMs)) return reject('CONFLICT');
        const message = { ...event.message, content: edit.content, edited: true };
        return {
          body: { edited: { seq, content: edit.content } },
          rewrites: [{ seq, stored: { ...target, event: { ...event, message } } }],
        };
      }
      if (remove) {
        if (!own && !manages) return reject('FORBIDDEN');
        const message = { ...event.message, content: undefined, edited: false, deleted: true, forwarded: undefined };
        return {
          body: { deleted: { seq } },
          rewrites: [{ seq, stored: { ...target, event: { ...event, message }, reactions: [], votes: [] } }],
        };
      }
      const { emoji, remove: removed } = react as NonNullable<Command['react']>;
      const before = target.reactions.find((reaction) => reaction.emoji === emoji);
      const given = before?.userIds.includes(senderId) ?? false;
      if (given !== removed) return reject('CONFLICT');
      if (!removed && !before && target.reactions.length >= REACTIONS_MAX) return reject('TOO_LARGE');
      const userIds = removed
        ? (before?.userIds ?? []).filter((id) => id !== senderId)
        : [...(before?.userIds ?? []), senderId];
      const reactions = before
        ? target.reactions.map((item) => (item === before ? { emoji, userIds } : item))
        : [...target.reactions, { emoji, userIds }];
      return {
        body: { reacted: { seq, emoji, removed } },
        rewrites: [{ seq, stored: { ...target, reactions: reactions.filter((item) => item.userIds.length > 0) } }],
      };
    }
    const timer = changeSettings?.disappearAfterSeconds;
    const onlyTimer =
      timer !== undefined &&
      Object.entries(changeSettings ?? {}).every(([name, v]) => name === 'disappearAfterSeconds' || v === undefined);
    if (this.kind === 'direct' && !onlyTimer) return reject('FORBIDDEN');
    const changed = (change: Partial<NonNullable<Event['membersChanged']>>): { body: Partial<Event> } => ({
      body: { membersChanged: { added: [], removedIds: [], changed: [], bannedIds: [], unbannedIds: [], ...change } },
    });
    const joinedSeq = (userId: string): number => this.members.get(userId)?.joinedSeq as number;
    const as = (userId: string, theirRole: MemberRole): Member => {
      const { joinedSeq: since, visibleFromSeq } = this.members.get(userId) as ReferenceMember;
      return { userId, role: theirRole, joinedSeq: since, visibleFromSeq };
    };
    if (addMembers) {
      if (!manages && settings.addRole !== 'member') return reject('FORBIDDEN');
      const userIds = [...new Set(addMembers.userIds)].filter((userId) => roleIn(this.members, userId) === 'none');
      if (userIds.length === 0) return reject('CONFLICT');
      if (userIds.some((userId) => this.members.get(userId)?.banned)) return reject('FORBIDDEN');
      const seqNext = (this.last as Moment).event.seq + 1;
      const visibleFromSeq = settings.fullHistory ? 1 : seqNext;
      return changed({
        added: userIds.map((userId) => ({ userId, role: 'member', joinedSeq: seqNext, visibleFromSeq })),
      });
    }
    if (removeMember) {
      const { userId } = removeMember;
      const theirs = roleIn(this.members, userId);
      if (userId !== senderId && !manages) return reject('FORBIDDEN');
      if (theirs === 'none') return reject('NOT_FOUND');
      if (userId !== senderId && theirs === 'owner') return reject('FORBIDDEN');
      // Nobody knows a channel's members by heart: its admins alone are at hand.
      const heirs = present(this.members)
        .filter((id) => id !== userId && (this.kind !== 'channel' || roleIn(this.members, id) === 'admin'))
        .sort(
          (a, b) =>
            Number(roleIn(this.members, b) === 'admin') - Number(roleIn(this.members, a) === 'admin') ||
            joinedSeq(a) - joinedSeq(b) ||
            (a < b ? -1 : 1),
        );
      const heir = theirs === 'owner' ? heirs[0] : undefined;
      if (theirs === 'owner' && !heir && this.kind === 'channel' && present(this.members).length > 1)
        return reject('CONFLICT');
      return changed({
        removedIds: [userId],
        changed: heir ? [as(heir, 'owner')] : [],
      });
    }
    if (ban) {
      const { userId } = ban;
      const { role: theirs, banned } = this.members.get(userId) ?? STRANGER;
      if (!manages) return reject('FORBIDDEN');
      if (userId === senderId) return reject('INVALID');
      if (theirs === 'owner') return reject('FORBIDDEN');
      if (banned) return reject('CONFLICT');
      return changed({ removedIds: theirs === 'none' ? [] : [userId], bannedIds: [userId] });
    }
    if (unban) {
      if (!manages) return reject('FORBIDDEN');
      return this.members.get(unban.userId)?.banned ? changed({ unbannedIds: [unban.userId] }) : reject('NOT_FOUND');
    }
    if (setRole) {
      const { userId, role: wanted } = setRole;
      if (role !== 'owner') return reject('FORBIDDEN');
      if (roleIn(this.members, userId) === 'none') return reject('NOT_FOUND');
      if (!['member', 'admin', 'owner'].includes(wanted) || userId === senderId) return reject('INVALID');
      if (roleIn(this.members, userId) === wanted) return reject('CONFLICT');
      const list: Member[] = [as(userId, wanted)];
      if (wanted === 'owner') list.push(as(senderId, 'admin'));
      return changed({ changed: list });
    }
    const { createInvite, revokeInvite } = command;
    if (createInvite) {
      if (!manages) return reject('FORBIDDEN');
      const { inviteId, expiresInMs, maxUses } = createInvite;
      if (this.last?.invites.some((invite) => invite.inviteId === inviteId)) return reject('CONFLICT');
      return { body: { inviteCreated: { inviteId, expiresAtMs: expiresInMs && atMs + expiresInMs, maxUses } } };
    }
    if (revokeInvite) {
      if (!manages) return reject('FORBIDDEN');
      const { inviteId } = revokeInvite;
      return this.#lets(inviteId, atMs) ? { body: { inviteRevoked: { inviteId } } } : reject('NOT_FOUND');
    }
    if (changeSettings) {
      if (!manages && this.kind !== 'direct') return reject('FORBIDDEN');
      if (timer !== undefined && timer !== 0 && (timer < 5 || timer > 365 * 86_400)) return reject('INVALID');
      for (const least of [
        changeSettings.sendRole,
        changeSettings.addRole,
        changeSettings.mentionAllRole,
        changeSettings.pinRole,
      ])
        if (least !== undefined && least !== 'member' && least !== 'admin') return reject('INVALID');
      const given = Object.entries(changeSettings).filter(([, value]) => value !== undefined);
      return { body: { settingsChanged: { settings: { ...settings, ...Object.fromEntries(given) } } } };
    }
    if (!rename) throw new Error('a command without a body');
    if (!manages) return reject('FORBIDDEN');
    return {
      body: {
        renamed: {
          title: rename.title ?? (this.last as Moment).title,
          description: rename.description ?? (this.last as Moment).description,
          pictureUrl: (rename.pictureUrl ?? (this.last as Moment).pictureUrl) || undefined,
        },
      },
    };
  }
}

/** What people make of a message by an edit: other words, or another place for as long as it moves. */
function mayBecome({ message, sentAtMs }: Event, content: Content | undefined, nowMs: number): boolean {
  if (message?.forwarded) return false;
  const was = message?.content;
  if (was?.poll) return false;
  if (was?.text) return content?.text !== undefined;
  const until = sentAtMs + (was?.location?.liveForMs ?? 0);
  return content?.location !== undefined && nowMs < until && sentAtMs + content.location.liveForMs <= until;
}

/** A record of clatter.commands and what became of it. */
export interface Judged {
  readonly command: Command;
  readonly position: number;
  readonly verdict: Verdict;
}

export class Reference {
  readonly conversations = new Map<string, ReferenceConversation>();
  /** Per partition, in the order of the log. */
  readonly judged = new Map<number, Judged[]>();

  /** Undefined for a record that is no command. */
  take(record: LogRecord): Judged | undefined {
    let command: Command;
    try {
      command = Command.decode(record.value);
    } catch {
      return undefined;
    }
    const conversation = this.conversation(command.conversationId);
    const verdict = conversation.take(command, record.offset, record.timestampMs);
    const judged = { command, position: record.offset, verdict };
    const list = this.judged.get(record.partition);
    if (list) list.push(judged);
    else this.judged.set(record.partition, [judged]);
    return judged;
  }

  conversation(id: string): ReferenceConversation {
    let conversation = this.conversations.get(id);
    if (!conversation) {
      conversation = new ReferenceConversation(id);
      this.conversations.set(id, conversation);
    }
    return conversation;
  }
}
