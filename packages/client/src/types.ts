/** What the SDK gives and takes. */
import type {
  Ack,
  ClientFrame,
  Content,
  ConversationSettings,
  Draft,
  Event,
  Forwarded,
  FrameEncoding,
  Input,
  Invite,
  Member,
  Pin,
  PollState,
  Presence,
  Receipt,
  ScheduledMessage,
  ServerFrame,
  Typing,
  User,
} from '@clatter/wire';
import type { ClientStorage } from './storage.ts';

/** A login with its tokens, as the server gives it. */
export interface Session {
  readonly sessionId: string;
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
}

export interface Device {
  readonly name: string;
  readonly platform: string;
}

/** A login, in the list of one's own. */
export interface SessionView {
  readonly sessionId: string;
  readonly device?: Device;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  /** Whether it is this one. */
  readonly current: boolean;
}

export interface Registration {
  /** Made up when absent; then there is an e-mail address or a phone number. */
  readonly username?: string;
  readonly password: string;
  readonly email?: string;
  /** With the code of its country. */
  readonly phone?: string;
  readonly displayName?: string;
  readonly device?: Device;
}

export interface Login {
  /** Username or e-mail address. */
  readonly login: string;
  readonly password: string;
  readonly device?: Device;
}

export type AddressKind = 'email' | 'phone';

/** An own e-mail address or phone number. */
export interface AddressView {
  readonly kind: AddressKind;
  readonly address: string;
  readonly verified: boolean;
}

/** What sets a forgotten password anew. */
export interface PasswordReset {
  /** What `requestPasswordReset` answered, or the link in the mail has. */
  readonly resetId: string;
  /** Of the mail. */
  readonly code: string;
  /** The new one. */
  readonly password: string;
}

/** What proves who somebody is: one of them. */
export interface Proof {
  readonly password?: string;
  /** A one-time code of an authenticator. */
  readonly code?: string;
  readonly recoveryCode?: string;
  /** `toJSON()` of what a browser made of a passkey. */
  readonly assertion?: unknown;
}

/** The second factor of a login that was refused with MFA_REQUIRED. */
export interface SecondFactor extends Omit<Proof, 'password'> {
  /** `details.mfaToken` of the error. */
  readonly mfaToken: string;
}

export interface PasskeyLogin {
  /** `toJSON()` of what the browser made. */
  readonly assertion: unknown;
  readonly device?: Device;
}

export interface MfaView {
  /** Whether logins ask for a second factor. */
  readonly enabled: boolean;
  readonly recoveryCodesLeft: number;
}

export interface PasskeyView {
  readonly passkeyId: string;
  readonly name: string;
  readonly createdAtMs: number;
  /** 0: never. */
  readonly lastUsedAtMs: number;
  /** Whether it is on more than one device. */
  readonly backedUp: boolean;
}

export interface ProfileChange {
  readonly displayName?: string;
  readonly avatarUrl?: string;
  readonly bio?: string;
  readonly statusText?: string;
}

/** Whom something is for; `contacts`: those whom one has in one's contacts. Nobody whom one blocks, in any case. */
export type Audience = 'everyone' | 'contacts' | 'nobody';

/** What one shows and allows, and to whom. */
export interface Privacy {
  /** Who sees whether one is there, and when one last was. */
  readonly presence: Audience;
  readonly avatar: Audience;
  readonly bio: Audience;
  readonly statusText: Audience;
  /** Who may begin a direct conversation with one. */
  readonly messages: Audience;
  /** Who may add one to groups and channels. */
  readonly groups: Audience;
  /** Whether a search of people finds one. */
  readonly inDirectory: boolean;
}

export interface BlockedPerson {
  readonly user: User;
  readonly blockedAtMs: number;
}

export interface Contact {
  readonly user: User;
  /** What one calls them; empty: by their own name. */
  readonly name: string;
  readonly addedAtMs: number;
}

export type Report = ({ readonly userId: string } | { readonly conversationId: string; readonly seq: number }) & {
  readonly reason: 'spam' | 'harassment' | 'impersonation' | 'illegal' | 'other';
  /** At most 1,000 characters. */
  readonly note?: string;
};

/** That one agreed to a version of a text, or withdrew. */
export interface Consent {
  readonly purpose: string;
  readonly version: string;
  readonly given: boolean;
  readonly atMs: number;
}

export interface SendOptions {
  /** The seq of the message that it answers. */
  readonly replyToSeq?: number;
  /** An id of one's own, by which the message is in the conversation once, however often and by whatever program it is sent. */
  readonly messageId?: string;
}

export type ScheduleOptions = SendOptions;

/** What part of a log to read; at most one of the three seqs, none: the newest page. */
export interface HistoryQuery {
  /** Exclusive. */
  readonly before?: number;
  /** Exclusive. */
  readonly after?: number;
  readonly around?: number;
  /** In ms since 1970: events of that time or later, the oldest first. */
  readonly since?: number;
  /** 1 to 100, 50 by default. */
  readonly limit?: number;
}

/** offline: no socket, and none is tried. connecting: one is tried. syncing: live events come, older ones are fetched. live: all is there. */
export type ConnectionState = 'offline' | 'connecting' | 'syncing' | 'live';

/** pending: in the outbox. sent: stored by the server. delivered, read: by somebody else (in a group: by all others). failed: refused for good. */
export type MessageStatus = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message as a screen shows it. */
export interface MessageView {
  readonly messageId: string;
  readonly conversationId: string;
  readonly senderId: string;
  /** 0 while it is pending. */
  readonly seq: number;
  /** The log's time; the own clock's while it is pending. */
  readonly sentAtMs: number;
  readonly content: Content | undefined;
  /** How a poll stands; undefined for what is none, and while it is on its way. */
  readonly poll: PollState | undefined;
  /** Where it was first said, when it was forwarded. */
  readonly forwarded: Forwarded | undefined;
  readonly replyToSeq: number | undefined;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
  /** When it disappears, by the server's clock; undefined: never. Then it is no line any more. */
  readonly expiresAtMs: number | undefined;
  /** Of own messages. */
  readonly status: MessageStatus | undefined;
}

/** A line of a conversation: a message, or another event, such as a member who joined. */
export type TimelineEntry =
  | { readonly kind: 'message'; readonly message: MessageView }
  | { readonly kind: 'event'; readonly event: Event };

/** A conversation as a list shows it. */
export interface ConversationView {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group' | 'channel' | 'user' | 'unspecified';
  readonly title: string;
  readonly description: string;
  readonly role: 'none' | 'member' | 'admin' | 'owner';
  readonly memberCount: number;
  /** The other person of a direct conversation. */
  readonly peerId: string | undefined;
  /** What members may do, and what new ones see; undefined where it is not known, as of a group that was left. */
  readonly settings: ConversationSettings | undefined;
  /** Address of its picture, when there is one. */
  readonly pictureUrl: string | undefined;
  readonly headSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  /** Of the unread, those that mention one, or all; 100: so many or more. */
  readonly mentions: number;
  /** Seqs of the pinned messages, in the order in which they were pinned. */
  readonly pinnedSeqs: readonly number[];
  readonly lastMessage: MessageView | undefined;
  readonly lastActivityMs: number;
  /** Among the pinned, from 1; 0: not pinned. */
  readonly pinPlace: number;
  /** 0: not muted; Infinity: for ever. */
  readonly mutedUntilMs: number;
  /** In the archive, which a message ends that is not muted. */
  readonly archived: boolean;
  /** In no list, until a message comes. */
  readonly hidden: boolean;
  /** Marked as unread, beside what is. */
  readonly markedUnread: boolean;
  /** What the person began to write, here or on another device. */
  readonly draft: Draft | undefined;
}

/** What one makes of a conversation for oneself; what is left out stays. */
export interface FlagsChange {
  readonly pinned?: boolean;
  /** With `pinned`: at which place, 1 is the first; the first when absent. */
  readonly pinPlace?: number;
  readonly muted?: boolean;
  /** With `muted`: until when; for ever when absent. */
  readonly mutedUntilMs?: number;
  readonly archived?: boolean;
  readonly hidden?: boolean;
  readonly markedUnread?: boolean;
}

export interface ClientEvents {
  /** A conversation is new, or its place, title or unread count changed. */
  conversation: ConversationView;
  /** An event was added to the gapless end of a conversation. */
  event: Event;
  /** The lines of a conversation changed in whatever way: read `timeline` again. */
  timeline: { readonly conversationId: string };
  receipt: Receipt;
  typing: Typing;
  presence: Presence;
  state: ConnectionState;
  /** How many commands wait for their answer. */
  outbox: { readonly waiting: number };
  /**
   * A device was away for long: events between the two seqs were left out and `history` has them. The lines that are here begin behind
   * the gap.
   */
  gap: { readonly conversationId: string; readonly afterSeq: number; readonly beforeSeq: number };
  /** All that is to be sent later, as it is now: `client.schedule`. */
  scheduled: { readonly items: readonly ScheduledMessage[] };
  /** A command was refused for good. */
  refused: { readonly conversationId: string; readonly commandId: string; readonly error: Error };
  /** The session has ended: log in again. */
  loggedOut: { readonly reason: string };
  /** What went wrong beside all calls. */
  error: Error;
}

/** What the SDK needs of a WebSocket: that of browsers, of Node, of React Native and of `ws` are all fine. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export interface ClientClock {
  nowMs(): number;
  /** Calls once after so long; the returned function cancels. */
  timer(delayMs: number, fire: () => void): () => void;
}

/** Is shown every frame as it passes, before the SDK sorts anything out: for records and diagnosis. Neither method may throw. */
export interface FrameTap {
  onSent(frame: Input<ClientFrame>): void;
  onReceived(frame: ServerFrame): void;
}

export interface ClientOptions {
  /** Where the platform is, such as http://localhost:8080. */
  readonly url: string;
  /** Where session, outbox and what was read are kept; memory by default. */
  readonly storage?: ClientStorage;
  readonly encoding?: FrameEncoding;
  readonly openSocket?: (url: string, subprotocol: string) => SocketLike;
  readonly fetch?: typeof fetch;
  readonly clock?: ClientClock;
  /** From 0 to 1, for the waits between reconnects. */
  readonly random?: () => number;
  /** Makes ids of messages and commands: UUIDs, v7 by default. */
  readonly newId?: () => string;
  /** Name of the program and its version. */
  readonly client?: string;
  readonly device?: Device;
  /** Whether deliveries are acknowledged by themselves; true by default. */
  readonly receipts?: boolean;
  readonly tap?: FrameTap;
}

/** What somebody chose in a poll. */
export interface PollVote {
  readonly userId: string;
  /** Places of the options, from 0. */
  readonly options: readonly number[];
}

/** Where a message stands. */
export interface MessageSource {
  readonly conversationId: string;
  readonly seq: number;
}

/** A command that is on its way. */
export interface Sent {
  readonly messageId: string;
  /** Resolves when the server has stored it; rejects when it was refused for good. */
  readonly acked: Promise<Ack>;
}

export interface InviteOptions {
  /** From the moment it is stored; for ever when absent. */
  readonly expiresInSeconds?: number;
  /** How many people it lets in; any number when absent. */
  readonly maxUses?: number;
}

export interface MadeInvite {
  /** Whoever has it can become a member; it is told once. */
  readonly token: string;
  readonly url: string;
  readonly inviteId: string;
  /** 0: never. */
  readonly expiresAtMs: number;
  /** 0: any number. */
  readonly maxUses: number;
}

/** Where an invite leads, as far as whoever has it may know before they join. */
export interface InvitePreview {
  readonly conversationId: string;
  readonly title: string;
  readonly description: string;
  readonly pictureUrl: string | undefined;
  readonly memberCount: number;
  /** The role that one has in it already. */
  readonly role: ConversationView['role'];
  /** 0: never. */
  readonly expiresAtMs: number;
}

/** Whom a message was for: who was a member when it was sent and is one since, but its sender. */
export interface MessageReceipts {
  /** A page, by user id. */
  readonly items: readonly { readonly userId: string; readonly status: 'sent' | 'delivered' | 'read' }[];
  readonly nextCursor: string | undefined;
  /** How many they are, on all pages. */
  readonly members: number;
  /** Those who have it on a device, who read it among them. */
  readonly delivered: number;
  readonly read: number;
}

export interface GivenReaction {
  readonly emoji: string;
  readonly userId: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | undefined;
}

export type {
  Ack,
  Content,
  ConversationSettings,
  Event,
  Forwarded,
  Input,
  Invite,
  Member,
  Pin,
  PollState,
  Presence,
  Receipt,
  Typing,
  User,
};
