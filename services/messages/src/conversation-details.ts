/** What a conversation's row holds beside its columns, as the bytes of a StoredConversation: more of it needs no change of a table. */
import {
  type CallToAll,
  type StoredBlock,
  StoredConversation,
  type StoredScheduled,
} from '@clatter/contracts/messages';
import type { ConversationSettings, Invite, Member, Pin } from '@clatter/wire';

export type { StoredBlock };

export interface ConversationDetails {
  readonly settings: ConversationSettings;
  /** Oldest first; some may be good no more. */
  readonly invites: readonly Invite[];
  readonly pictureUrl?: string | undefined;
  /** Of a channel: its owner and admins. */
  readonly managers: readonly Member[];
  /** Of a channel. */
  readonly bannedCount: number;
  /** The last messages that mention all. */
  readonly callsToAll: readonly CallToAll[];
  readonly pins: readonly Pin[];
  /** Of a person's schedule: what waits, or failed. */
  readonly scheduled: readonly StoredScheduled[];
  /** Of a person's schedule: the account is gone. */
  readonly isDropped: boolean;
  /** Of a person's own log: the conversations that they pinned, first is first. */
  readonly pinned?: readonly string[];
  /** Of a direct conversation: the newest word of each on whether they block the other. */
  readonly blocks: readonly StoredBlock[];
}

/** Of a conversation whose settings nobody changed. */
export const DEFAULT_DETAILS: ConversationDetails = {
  settings: {
    sendRole: 'member',
    addRole: 'admin',
    fullHistory: false,
    disappearAfterSeconds: 0,
    mentionAllRole: 'admin',
    pinRole: 'member',
  },
  invites: [],
  managers: [],
  bannedCount: 0,
  callsToAll: [],
  pins: [],
  scheduled: [],
  isDropped: false,
  pinned: [],
  blocks: [],
};

export function encodeDetails(details: ConversationDetails): Uint8Array {
  return StoredConversation.encode({
    ...details,
    managers: [...details.managers],
    scheduled: [...details.scheduled],
  });
}

/** Rows from before there were details have none, and settings from before there was one of them have that at its default. */
export function decodeDetails(bytes: Uint8Array): ConversationDetails {
  const { settings, ...rest } = StoredConversation.decode(bytes);
  return { ...rest, settings: settings ? settled(settings) : DEFAULT_DETAILS.settings };
}

function settled(settings: ConversationSettings): ConversationSettings {
  const { mentionAllRole, pinRole } = DEFAULT_DETAILS.settings;
  return {
    ...settings,
    mentionAllRole: settings.mentionAllRole === 'none' ? mentionAllRole : settings.mentionAllRole,
    pinRole: settings.pinRole === 'none' ? pinRole : settings.pinRole,
  };
}
