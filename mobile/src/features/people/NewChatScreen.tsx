/** Find somebody to chat with. */
import type { User } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Row } from '../../ui/button';
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
}: {
  onBack: () => void;
  onOpen: (conversationId: string) => void;
  onNewGroup: () => void;
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
          <Row label="New group" onPress={onNewGroup}>
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
              <Feather name="users" size={20} color={theme.accentText} />
            </View>
            <Text weight="600" tone="accentText">
              New group
            </Text>
          </Row>
        )}
        <PeopleList query={wanted} onPick={open} />
      </View>
    </View>
  );
}
