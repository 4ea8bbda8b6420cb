/** The way into the archive, above the chats. */
import type { ConversationView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';
import { Row } from '../../ui/button';
import { Text } from '../../ui/text';
import { useTheme } from '../../ui/theme';
import { Badge } from './Badge';

export function ArchiveRow({ archived, onPress }: { archived: readonly ConversationView[]; onPress: () => void }) {
  const theme = useTheme();
  const unread = archived.filter((one) => one.unread > 0 || one.markedUnread).length;
  const count = archived.length;
  return (
    <Row
      label={`Archived, ${count} ${count === 1 ? 'chat' : 'chats'}${unread > 0 ? `, ${unread} unread` : ''}`}
      onPress={onPress}
    >
      <View style={{ width: 50, alignItems: 'center' }}>
        <Feather name="archive" size={20} color={theme.muted} />
      </View>
      <Text weight="600" tone="muted" style={{ flex: 1, textAlign: 'left' }}>
        Archived
      </Text>
      {unread > 0 ? (
        <Badge count={unread} quiet />
      ) : (
        <Text size="small" tone="muted">
          {count}
        </Text>
      )}
    </Row>
  );
}
