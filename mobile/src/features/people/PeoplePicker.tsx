/** Find people: to chat with one, or to begin a group with several. */
import type { User } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { ActivityIndicator, FlatList, Pressable, View } from 'react-native';
import { useClient } from '../../sync/session';
import { Avatar, Button, Empty, Field, Header, Row, Text } from '../../ui/controls';
import { radius, space, useTheme } from '../../ui/theme';
import { useSearch } from './useSearch';

export function NewChatScreen({ onBack, onOpen }: { onBack: () => void; onOpen: (conversationId: string) => void }) {
  const client = useClient();
  const [problem, setProblem] = useState('');
  const open = (user: User): void => {
    client.openDirect(user.userId).then(
      ({ conversationId }) => onOpen(conversationId),
      (error: Error) => setProblem(error.message),
    );
  };
  return <Picker title="New chat" onBack={onBack} onPick={open} picked={[]} problem={problem} />;
}

export function NewGroupScreen({ onBack, onOpen }: { onBack: () => void; onOpen: (conversationId: string) => void }) {
  const theme = useTheme();
  const client = useClient();
  const [picked, setPicked] = useState<readonly User[]>([]);
  const [title, setTitle] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const toggle = (user: User): void =>
    setPicked(
      picked.some(({ userId }) => userId === user.userId)
        ? picked.filter(({ userId }) => userId !== user.userId)
        : [...picked, user],
    );
  const create = async (): Promise<void> => {
    setBusy(true);
    try {
      const { conversationId } = await client.createGroup(
        title.trim(),
        picked.map(({ userId }) => userId),
      );
      onOpen(conversationId);
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <Picker title="New group" onBack={onBack} onPick={toggle} picked={picked} problem={problem}>
        <View style={{ padding: space.l, gap: space.m, borderBottomWidth: 1, borderBottomColor: theme.line }}>
          <Field
            label="Name of the group"
            value={title}
            onChangeText={setTitle}
            maxLength={100}
            placeholder="Such as Friday football"
          />
          {picked.length > 0 && (
            <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.s }}>
              {picked.map((user) => (
                <Pressable
                  key={user.userId}
                  accessibilityRole="button"
                  accessibilityLabel={`Take ${user.displayName} out`}
                  onPress={() => toggle(user)}
                  style={{
                    flexDirection: 'row',
                    alignItems: 'center',
                    gap: 6,
                    backgroundColor: theme.selected,
                    borderRadius: radius.full,
                    paddingLeft: 4,
                    paddingRight: 10,
                    paddingVertical: 4,
                  }}
                >
                  <Avatar id={user.userId} name={user.displayName} size={24} />
                  <Text size="note">{user.displayName}</Text>
                  <Feather name="x" size={14} color={theme.muted} />
                </Pressable>
              ))}
            </View>
          )}
          <Button
            label={picked.length > 0 ? `Create group of ${picked.length + 1}` : 'Pick at least one person'}
            busy={busy}
            disabled={title.trim() === '' || picked.length === 0}
            onPress={() => void create()}
          />
        </View>
      </Picker>
    </View>
  );
}

function Picker({
  title,
  onBack,
  onPick,
  picked,
  problem,
  children,
}: {
  title: string;
  onBack: () => void;
  onPick: (user: User) => void;
  picked: readonly User[];
  problem: string;
  children?: React.ReactNode;
}) {
  const theme = useTheme();
  const [query, setQuery] = useState('');
  const { people, state } = useSearch(query.trim());
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <Header title={title} onBack={onBack} />
      {children}
      <View style={{ padding: space.l, paddingBottom: space.s }}>
        <Field
          label="Find people"
          placeholder="Name or username"
          value={query}
          onChangeText={setQuery}
          autoCapitalize="none"
          autoCorrect={false}
          autoFocus={!children}
          maxLength={64}
        />
      </View>
      {problem !== '' && (
        <Text tone="danger" style={{ paddingHorizontal: space.l }} accessibilityLiveRegion="polite">
          {problem}
        </Text>
      )}
      {state === 'failed' ? (
        <Empty icon="wifi-off" title="Not reachable" text="People cannot be searched now. Try again in a moment." />
      ) : state === 'loading' && people.length === 0 ? (
        <ActivityIndicator color={theme.muted} style={{ padding: space.xl }} />
      ) : people.length === 0 ? (
        <Empty
          icon="search"
          title="Nobody found"
          text={query ? `Nobody’s name begins with “${query}”.` : 'You are the first one here. Invite somebody.'}
        />
      ) : (
        <FlatList
          data={people as User[]}
          keyExtractor={(user) => user.userId}
          keyboardShouldPersistTaps="handled"
          renderItem={({ item }) => (
            <Row
              label={`${item.displayName}, @${item.username}`}
              onPress={() => onPick(item)}
              selected={picked.some(({ userId }) => userId === item.userId)}
            >
              <Avatar id={item.userId} name={item.displayName} size={42} />
              <View style={{ flex: 1, minWidth: 0 }}>
                <Text weight="600" numberOfLines={1}>
                  {item.displayName}
                </Text>
                <Text size="note" tone="muted" numberOfLines={1}>
                  @{item.username}
                  {item.statusText ? ` · ${item.statusText}` : ''}
                </Text>
              </View>
              {picked.some(({ userId }) => userId === item.userId) && (
                <Feather name="check-circle" size={20} color={theme.accentText} />
              )}
            </Row>
          )}
        />
      )}
    </View>
  );
}
