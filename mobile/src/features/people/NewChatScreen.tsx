/** Find somebody to chat with. */
import type { User } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { type IconName, Row } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { Bar } from '../../ui/layout';
import { Text } from '../../ui/text';
import { FORM, radius, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { PeopleList } from './PeopleList';

export function NewChatScreen({
  onBack,
  onOpen,
  onNewGroup,
  onNewChannel,
}: {
  onBack: () => void;
  onOpen: (conversationId: string) => void;
  onNewGroup: () => void;
  onNewChannel: () => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const [query, setQuery] = useState('');
  const open = (user: User): void => {
    client.openDirect(user.userId).then(
      ({ conversationId }) => onOpen(conversationId),
      (error: Error) => toast(error.message),
    );
  };
  const wanted = query.trim();
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <Bar title="New chat" onBack={onBack} />
      <View style={{ flex: 1, width: '100%', maxWidth: FORM, alignSelf: 'center' }}>
        <View style={{ padding: space.l, paddingBottom: space.s }}>
          <SearchField label="Find people" placeholder="Name or username" value={query} onChange={setQuery} autoFocus />
        </View>
        {wanted === '' && (
          <>
            <Beginning icon="users" label="New group" hint="Up to 500 people who talk" onPress={onNewGroup} />
            <Beginning icon="radio" label="New channel" hint="For very many who read along" onPress={onNewChannel} />
          </>
        )}
        <PeopleList query={wanted} onPick={open} />
      </View>
    </View>
  );
}

function Beginning({
  icon,
  label,
  hint,
  onPress,
}: {
  icon: IconName;
  label: string;
  hint: string;
  onPress: () => void;
}) {
  const theme = useTheme();
  return (
    <Row label={label} onPress={onPress}>
      <View
        style={{
          width: 44,
          height: 44,
          borderRadius: radius.m,
          backgroundColor: theme.selected,
          alignItems: 'center',
          justifyContent: 'center',
        }}
      >
        <Feather name={icon} size={20} color={theme.accentText} />
      </View>
      <View style={{ flex: 1, minWidth: 0 }}>
        <Text weight="600" tone="accentText">
          {label}
        </Text>
        <Text size="note" tone="muted" numberOfLines={1}>
          {hint}
        </Text>
      </View>
    </Row>
  );
}
