/** Who is blocked, and the way to end it. */
import type { User } from '@clatter/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button } from '../../ui/button';
import { Card } from '../../ui/layout';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import { useToast } from '../../ui/toast';

const PAGE = 50;

export function BlockedCard() {
  const client = useClient();
  const toast = useToast();
  const [people, setPeople] = useState<readonly User[]>();
  const cursor = useRef<string | undefined>(undefined);
  const more = useCallback((): void => {
    client.relations.blocked(PAGE, cursor.current).then(
      ({ items, nextCursor }) => {
        cursor.current = nextCursor;
        setPeople((before) => [...(before ?? []), ...items.map(({ user }) => user)]);
      },
      (error: Error) => toast(error.message),
    );
  }, [client, toast]);
  useEffect(more, [more]);
  const unblock = ({ userId }: User): void => {
    client.relations.unblock(userId).then(
      () => setPeople((before) => before?.filter((one) => one.userId !== userId)),
      (error: Error) => toast(error.message),
    );
  };
  if (!people) return null;
  return (
    <Card title="Blocked people">
      {people.length === 0 && <Text tone="muted">You block nobody. You can on a person’s profile.</Text>}
      {people.map((user) => (
        <View key={user.userId} style={{ flexDirection: 'row', alignItems: 'center', gap: space.m }}>
          <Avatar id={user.userId} name={user.displayName} size={40} picture={user.avatarUrl} />
          <View style={{ flex: 1, minWidth: 0 }}>
            <Text weight="500" numberOfLines={1} style={{ textAlign: 'left' }}>
              {user.displayName}
            </Text>
            <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
              @{user.username}
            </Text>
          </View>
          <Button label="Unblock" kind="plain" onPress={() => unblock(user)} />
        </View>
      ))}
      {cursor.current !== undefined && <Button label="Show more" kind="plain" onPress={more} />}
    </Card>
  );
}
