/** What a group is: picture, title, description, how many are in it; and the ways to what can be changed. */
import type { ConversationView } from '@clatter/client';
import { View } from 'react-native';
import { nounOf } from '../../store/conversations';
import { Avatar } from '../../ui/avatar';
import { direction } from '../../ui/format';
import { Card } from '../../ui/layout';
import { LinkRow } from '../../ui/link-row';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import type { Rights } from './rights';
import { membersOf, wordFor } from './words';

/** Screens of a group, by the last part of their address. */
export type GroupPage = 'edit' | 'permissions' | 'invites' | 'bans' | 'add';

export function GroupHead({
  conversation,
  rights,
  onPage,
}: {
  conversation: ConversationView;
  rights: Rights;
  onPage: (page: GroupPage) => void;
}) {
  const { conversationId, title, description, memberCount, pictureUrl, role, kind } = conversation;
  return (
    <View style={{ gap: space.xl, marginBottom: space.xl }}>
      <View style={{ alignItems: 'center', gap: space.xs }}>
        <Avatar id={conversationId} name={title} group size={96} picture={pictureUrl} />
        <Text size="large" weight="700" accessibilityRole="header" style={{ textAlign: 'center', marginTop: space.s }}>
          {title || nounOf(kind)}
        </Text>
        <Text tone="muted">{role === 'none' ? 'You are no longer a member' : membersOf(memberCount)}</Text>
      </View>
      {description !== '' && (
        <Card title="Description">
          <Text selectable style={{ writingDirection: direction(description) }}>
            {description}
          </Text>
        </Card>
      )}
      {rights.manages && (
        <Card title="Manage" flush>
          <LinkRow
            icon="edit-2"
            label={`Edit ${wordFor(kind)}`}
            hint="Name, description, picture"
            onPress={() => onPage('edit')}
          />
          <LinkRow icon="sliders" label="Permissions" hint="Who may do what" onPress={() => onPage('permissions')} />
          <LinkRow
            icon="link"
            label="Invite links"
            hint="Let people join by a link"
            onPress={() => onPage('invites')}
          />
          <LinkRow icon="slash" label="Banned people" hint="Who may not come back" onPress={() => onPage('bans')} />
        </Card>
      )}
    </View>
  );
}
