/** What is answered or edited, above the field. */
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';
import { useUser } from '../../../store/people';
import { useClient } from '../../../sync/session';
import { IconButton } from '../../../ui/button';
import { Text } from '../../../ui/text';
import { space, useTheme } from '../../../ui/theme';
import { inOneLine } from '../../conversations/snippet';
import type { Quoted } from './quoted';

export function QuotedLine({ quoted, onCancel }: { quoted: Quoted; onCancel: () => void }) {
  const theme = useTheme();
  const client = useClient();
  const sender = useUser(quoted.message.senderId);
  const editing = quoted.mode === 'edit';
  const name = quoted.message.senderId === client.userId ? 'yourself' : (sender?.displayName ?? 'somebody');
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, paddingLeft: space.xs }}>
      <Feather name={editing ? 'edit-2' : 'corner-up-left'} size={18} color={theme.accentText} />
      <View style={{ flex: 1, minWidth: 0, borderLeftWidth: 2, borderLeftColor: theme.accent, paddingLeft: space.s }}>
        <Text size="small" weight="600" tone="accentText" numberOfLines={1}>
          {editing ? 'Edit message' : `Reply to ${name}`}
        </Text>
        <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
          {inOneLine(quoted.message)}
        </Text>
      </View>
      <IconButton icon="x" label="Cancel" size={32} onPress={onCancel} />
    </View>
  );
}
