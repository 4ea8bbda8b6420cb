/** What a conversation's row holds beside its columns, as the bytes of a StoredConversation: more of it needs no change of a table. */
import { StoredConversation } from '@clatter/contracts/messages';
import type { ConversationSettings, Invite, Member } from '@clatter/wire';

export interface ConversationDetails {
  readonly settings: ConversationSettings;
  /** Oldest first; some may be good no more. */
  readonly invites: readonly Invite[];
  readonly pictureUrl?: string | undefined;
  /** Of a channel: its owner and admins. */
  readonly managers: readonly Member[];
  /** Of a channel. */
  readonly bannedCount: number;
}

/** Of a conversation whose settings nobody changed. */
export const DEFAULT_DETAILS: ConversationDetails = {
  settings: { sendRole: 'member', addRole: 'admin', fullHistory: false, disappearAfterSeconds: 0 },
  invites: [],
  managers: [],
  bannedCount: 0,
};

export function encodeDetails(details: ConversationDetails): Uint8Array {
  return StoredConversation.encode(details);
}

/** Rows from before there were details have none. */
export function decodeDetails(bytes: Uint8Array): ConversationDetails {
  const { settings = DEFAULT_DETAILS.settings, ...rest } = StoredConversation.decode(bytes);
  return { ...rest, settings };
}
