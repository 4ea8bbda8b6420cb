/** What a conversation's row holds beside its columns, as the bytes of a StoredConversation: more of it needs no change of a table. */
import { StoredConversation } from '@clatter/contracts/messages';
import type { ConversationSettings } from '@clatter/wire';

export interface ConversationDetails {
  readonly settings: ConversationSettings;
}

/** Of a conversation whose settings nobody changed. */
export const DEFAULT_DETAILS: ConversationDetails = {
  settings: { sendRole: 'member', addRole: 'admin', fullHistory: false },
};

export function encodeDetails({ settings }: ConversationDetails): Uint8Array {
  return StoredConversation.encode({ settings });
}

/** Rows from before there were details have none. */
export function decodeDetails(bytes: Uint8Array): ConversationDetails {
  const { settings } = StoredConversation.decode(bytes);
  return { settings: settings ?? DEFAULT_DETAILS.settings };
}
