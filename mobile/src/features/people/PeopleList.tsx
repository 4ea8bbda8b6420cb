/** People who were found, to pick from. */
import type { User } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import type { ReactElement } from 'react';
import { FlatList, View } from 'react-native';
import { Avatar } from '../../ui/avatar';
import { Button, Row } from '../../ui/button';
import { Empty, SkeletonRows } from '../../ui/layout';
import { Text } from '../../ui/text';
import { radius, space, useTheme } from '../../ui/theme';
import { useSearch } from './useSearch';

export function PeopleList({
  query,
  onPick,
  picked,
  here,
  head,
}: {
  query: string;
  onPick: (user: User) => void;
  /** Where several are picked: those who are. */
  picked?: ReadonlySet<string>;
  /** Those who are there already, and cannot be picked. */
  here?: ReadonlySet<string>;
  head?: ReactElement;
}) {
  const theme = useTheme();
  const { people, state, problem, again } = useSearch(query);
  if (state === 'failed')
    return (
      <Empty icon="wifi-off" title="People cannot be searched now" text={problem}>
        <Button label="Try again" kind="plain" icon="refresh-cw" onPress={again} />
      </Empty>
    );
  if (people.length === 0 && state === 'loading')
    return <SkeletonRows count={5} label="Looking for people" size={42} />;
  if (people.length === 0)
    return (
      <Empty
        icon="search"
        title={query ? 'Nobody found' : 'Nobody else is here yet'}
        text={
          query ? `No name or username begins with “${query}”.` : 'Ask somebody to create an account on this server.'
        }
      />
    );
  return (
    <FlatList
      data={people as User[]}
      keyExtractor={(user) => user.userId}
      keyboardShouldPersistTaps="handled"
      ListHeaderComponent={head ?? null}
      contentContainerStyle={{ paddingVertical: space.xs }}
      extraData={picked}
      renderItem={({ item }) => {
        const chosen = picked?.has(item.userId) ?? false;
        const isHere = here?.has(item.userId) ?? false;
        return (
          <Row
            label={`${item.displayName}, @${item.username}`}
            onPress={isHere ? undefined : () => onPick(item)}
            selected={chosen}
          >
            <Avatar id={item.userId} name={item.displayName} size={44} picture={item.avatarUrl} />
            <View style={{ flex: 1, minWidth: 0 }}>
              <Text weight="600" numberOfLines={1} style={{ textAlign: 'left' }}>
                {item.displayName}
              </Text>
              <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
                @{item.username}
                {item.statusText ? ` · ${item.statusText}` : ''}
              </Text>
            </View>
            {isHere && (
              <Text size="note" tone="muted">
                Member
              </Text>
            )}
            {picked && !isHere && (
              <View
                style={{
                  width: 24,
                  height: 24,
                  borderRadius: radius.full,
                  borderWidth: chosen ? 0 : 2,
                  borderColor: theme.line,
                  backgroundColor: chosen ? theme.accent : 'transparent',
                  alignItems: 'center',
                  justifyContent: 'center',
                }}
              >
                {chosen && <Feather name="check" size={15} color={theme.onAccent} />}
              </View>
            )}
          </Row>
        );
      }}
    />
  );
}
