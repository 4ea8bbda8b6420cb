/** What one may do with another member. What cannot be taken back is asked first. */
import type { ConversationView, Member } from '@clatter/client';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import type { IconName } from '../../ui/button';
import { type Question, useConfirm } from '../../ui/confirm';
import { Menu, MenuItem } from '../../ui/menu';
import type { Place } from '../../ui/place';
import { useToast } from '../../ui/toast';
import { actsOn, type MemberAct, type Rights } from './rights';
import { wordFor } from './words';

const LOOK: Readonly<Record<MemberAct, { icon: IconName; label: string; danger?: boolean }>> = {
  message: { icon: 'message-circle', label: 'Message' },
  'make admin': { icon: 'shield', label: 'Make admin' },
  'make member': { icon: 'user', label: 'Take the admin role away' },
  'make owner': { icon: 'key', label: 'Pass ownership on' },
  remove: { icon: 'user-minus', label: 'Remove', danger: true },
  ban: { icon: 'slash', label: 'Ban', danger: true },
};

export interface OpenedMember {
  readonly member: Member;
  readonly place: Place | undefined;
}

export function MemberMenu({
  conversation,
  opened,
  rights,
  onClose,
  onChat,
}: {
  conversation: ConversationView;
  opened: OpenedMember;
  rights: Rights;
  onClose: () => void;
  onChat: (conversationId: string) => void;
}) {
  const client = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  const { conversationId, kind } = conversation;
  const { member, place } = opened;
  const { userId } = member;
  const name = useUser(userId)?.displayName ?? 'this person';

  const act = async (wanted: MemberAct): Promise<unknown> => {
    const question = questionOf(wanted, name);
    if (question && !(await confirm(question))) return undefined;
    switch (wanted) {
      case 'message':
        return onChat((await client.openDirect(userId)).conversationId);
      case 'make admin':
        return client.groups.setRole(conversationId, userId, 'admin');
      case 'make member':
        return client.groups.setRole(conversationId, userId, 'member');
      case 'make owner':
        return client.groups.setRole(conversationId, userId, 'owner');
      case 'remove':
        return client.removeMember(conversationId, userId);
      case 'ban':
        return client.groups.ban(conversationId, userId);
    }
  };
  return (
    <Menu label={name} place={place} onClose={onClose}>
      {actsOn(member, rights).map((wanted) => (
        <MenuItem
          key={wanted}
          {...LOOK[wanted]}
          {...(wanted === 'remove' && { label: `Remove from the ${wordFor(kind)}` })}
          onPress={() => {
            onClose();
            act(wanted).catch((error: Error) => toast(error.message));
          }}
        />
      ))}
    </Menu>
  );
}

function questionOf(wanted: MemberAct, name: string): Question | undefined {
  switch (wanted) {
    case 'make owner':
      return {
        title: `Make ${name} the owner?`,
        text: 'You are an admin from then on. Only the new owner can give ownership back.',
        action: 'Pass on',
      };
    case 'remove':
      return {
        title: `Remove ${name}?`,
        text: 'They keep what they have seen, and get nothing that comes after. They can be added again.',
        action: 'Remove',
      };
    case 'ban':
      return {
        title: `Ban ${name}?`,
        text: 'They are removed, and no invite lets them in again until the ban is lifted.',
        action: 'Ban',
      };
    default:
      return undefined;
  }
}
