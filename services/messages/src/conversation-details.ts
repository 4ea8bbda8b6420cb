/** What a conversation's row holds beside its columns, as the bytes of a StoredConversation: more of it needs no change of a table. */
import { StoredConversation } from '@clatter/contracts/messages';
import type { ConversationSettings, Invite } from '@clatter/wire';

export interface ConversationDetails {
  readonly settings: ConversationSettings;
  /** Oldest first; some may be good no more. */
  readonly invites: readonly Invite[];
  readonly pictureUrl?: string | undefined;
}

/** Of a conversation whose settings nobody changed. */
export const DEFAULT_DETAILS: ConversationDetails = {
  settings: { sendRole: 'member', addRole: 'admin', fullHistory: false, disappearAfterSeconds: 0 },
  invites: [],
};

export function encodeDetails({ settings, invites, pictureUrl }: ConversationDetails): Uint8Array {
  return StoredConversation.encode({ settings, invites, pictureUrl });
}

/** Rows from before there were details have none. */
export function decodeDetails(bytes: Uint8Array): ConversationDetails {
  const { settings, invites, pictureUrl } = StoredConversation.decode(bytes);
  return { settings: settings ?? DEFAULT_DETAILS.settings, invites, pictureUrl };
}
