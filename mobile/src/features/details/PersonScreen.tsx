/** A person's profile. */
import type { ConversationView } from '@clatter/client';
import { View } from 'react-native';
import { useTitle } from '../../store/conversations';
import { usePresence, useUser } from '../../store/people';
import { Avatar } from '../../ui/avatar';
import { direction, lastSeen } from '../../ui/format';
import { Card } from '../../ui/layout';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import { DisappearingCard } from '../disappearing/DisappearingCard';
import { Column, Screen } from '../shell/Screen';
import { PersonActs } from './PersonActs';

export function PersonScreen({ conversation, onBack }: { conversation: ConversationView; onBack: () => void }) {
  const { title, peerId, self, picture } = useTitle(conversation);
  return (
    <Screen title="Profile" onBack={onBack}>
      <Column>
        <View style={{ alignItems: 'center', gap: space.xs }}>
          <Avatar
            id={peerId ?? conversation.conversationId}
            name={title}
            self={self}
            size={96}
            picture={self ? undefined : picture}
          />
          <Text
            size="large"
            weight="700"
            accessibilityRole="header"
            style={{ textAlign: 'center', marginTop: space.s }}
          >
            {title || ' '}
          </Text>
          {!self && <PersonState userId={peerId} />}
        </View>
        <Person userId={peerId} />
        <DisappearingCard conversation={conversation} />
        {!self && peerId && <PersonActs userId={peerId} name={title} />}
      </Column>
    </Screen>
  );
}

function PersonState({ userId }: { userId: string | undefined }) {
  const presence = usePresence(userId);
  if (!presence || presence.status === 'UNKNOWN') return null;
  const online = presence.status === 'ONLINE';
  return <Text tone={online ? 'accentText' : 'muted'}>{online ? 'online' : lastSeen(presence.lastSeenMs)}</Text>;
}

function Person({ userId }: { userId: string | undefined }) {
  const user = useUser(userId);
  if (!user) return null;
  const line = (label: string, value: string) =>
    value !== '' && (
      <View style={{ gap: 2 }}>
        <Text size="small" weight="600" tone="muted">
          {label}
        </Text>
        <Text selectable style={{ writingDirection: direction(value) }}>
          {value}
        </Text>
      </View>
    );
  return (
    <Card>
      {line('Username', `@${user.username}`)}
      {line('Status', user.statusText)}
      {line('About', user.bio)}
    </Card>
  );
}
