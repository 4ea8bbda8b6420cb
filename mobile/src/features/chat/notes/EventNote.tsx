/** What happened to a group. */
import type { Event } from '@clatter/client';
import { useConversation } from '../../../store/conversations';
import { useUser } from '../../../store/people';
import { useClient } from '../../../sync/session';
import { isolated } from '../../../ui/format';
import { periodName } from '../../disappearing/periods';
import { wordFor } from '../../group/words';
import { Note } from './Note';

type Change = NonNullable<Event['membersChanged']>;

const ROLES = {
  owner: 'the owner',
  admin: 'an admin',
  member: 'a member',
  none: 'nobody',
  unspecified: 'a member',
} as const;

/** Who was given a role: where ownership passes on, the new owner, and not the old one, who is an admin by that. */
const givenTo = ({ changed }: Change): Change['changed'][number] | undefined =>
  changed.find(({ role }) => role === 'owner') ?? changed[0];

const givenRole = (change: Change): keyof typeof ROLES => givenTo(change)?.role ?? 'member';

export function EventNote({ event }: { event: Event }) {
  const client = useClient();
  const kind = useConversation(event.conversationId)?.kind ?? 'group';
  const word = wordFor(kind);
  const change = event.membersChanged;
  const changedId =
    change?.added[0]?.userId ??
    change?.removedIds[0] ??
    (change && givenTo(change)?.userId) ??
    change?.bannedIds[0] ??
    change?.unbannedIds[0];
  const actor = useUser(event.senderId);
  const changed = useUser(changedId);
  const who = event.senderId === client.userId ? 'You' : isolated(actor?.displayName ?? 'Somebody');
  const whom = changedId === client.userId ? 'you' : isolated(changed?.displayName ?? 'somebody');
  if (event.created?.kind === 'direct') return <Note text="This is the beginning of your chat" />;
  if (event.created) return <Note text={`${who} created the ${word} “${isolated(event.created.title)}”`} />;
  if (event.renamed) return <Note text={`${who} edited the ${word} “${isolated(event.renamed.title)}”`} />;
  if (event.settingsChanged) {
    const seconds = event.settingsChanged.settings?.disappearAfterSeconds ?? 0;
    const timer = seconds > 0 ? `messages disappear after ${periodName(seconds)}` : 'messages stay';
    // Two people have no other settings.
    if (kind === 'direct') return <Note text={`${who} changed the timer: ${timer}`} />;
    return <Note text={`${who} changed what members of the ${word} may do${seconds > 0 ? `; ${timer}` : ''}`} />;
  }
  if (event.pinned) return <Note text={`${who} pinned a message`} />;
  if (event.inviteCreated) return <Note text={`${who} made an invite link`} />;
  if (event.inviteRevoked) return <Note text={`${who} ended an invite link`} />;
  if (change?.inviteId !== undefined) return <Note text={`${who} joined by an invite link`} />;
  if (!change) return null;
  const more = (change?.addedCount || (change?.added.length ?? 0)) - 1;
  if (more >= 0) return <Note text={`${who} added ${whom}${more > 0 ? ` and ${more} more` : ''}`} />;
  if (change?.bannedIds.length) return <Note text={`${who} banned ${whom}`} />;
  if (change?.unbannedIds.length) return <Note text={`${who} let ${whom} in again`} />;
  if (change?.removedIds.length)
    return <Note text={changedId === event.senderId ? `${who} left` : `${who} removed ${whom}`} />;
  return <Note text={`${who} made ${whom} ${ROLES[givenRole(change)]}`} />;
}
