/** Adds people to a group. */
import type { ConversationView, User } from '@clatter/client';
import { useMemo, useState } from 'react';
import { View } from 'react-native';
import { useMembers } from '../../store/members';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { SearchField } from '../../ui/field';
import { FORM, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { PeopleList } from '../people/PeopleList';
import { PersonChip } from '../people/PersonChip';
import { Screen } from '../shell/Screen';

export function AddPeopleScreen({
  conversation,
  onBack,
  onDone,
}: {
  conversation: ConversationView;
  onBack: () => void;
  onDone: () => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const { conversationId } = conversation;
  const members = useMembers(conversationId, true);
  const here = useMemo(() => new Set(members.items.map(({ userId }) => userId)), [members.items]);
  const [people, setPeople] = useState<readonly User[]>([]);
  const [query, setQuery] = useState('');
  const [busy, setBusy] = useState(false);
  const picked = useMemo(() => new Set(people.map(({ userId }) => userId)), [people]);
  const toggle = (user: User): void => {
    setPeople(picked.has(user.userId) ? people.filter(({ userId }) => userId !== user.userId) : [...people, user]);
    setQuery('');
  };
  const add = async (): Promise<void> => {
    setBusy(true);
    try {
      await client.addMembers(conversationId, [...picked]);
      onDone();
    } catch (error) {
      toast((error as Error).message);
      setBusy(false);
    }
  };
  const count = people.length;
  return (
    <Screen title="Add people" onBack={onBack}>
      <View style={{ flex: 1, backgroundColor: theme.surface }}>
        <View style={{ flex: 1, width: '100%', maxWidth: FORM, alignSelf: 'center' }}>
          <View style={{ padding: space.l, paddingBottom: space.s, gap: space.l }}>
            <SearchField
              label="Find people"
              placeholder="Name or username"
              value={query}
              onChange={setQuery}
              autoFocus
            />
            {count > 0 && (
              <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.s }}>
                {people.map((user) => (
                  <PersonChip key={user.userId} user={user} onRemove={() => toggle(user)} />
                ))}
              </View>
            )}
          </View>
          <PeopleList query={query.trim()} onPick={toggle} picked={picked} here={here} />
          <View style={{ padding: space.l, borderTopWidth: 1, borderTopColor: theme.line }}>
            <Button
              label={count === 0 ? 'Pick at least one person' : count === 1 ? 'Add 1 person' : `Add ${count} people`}
              busy={busy}
              disabled={count === 0}
              onPress={() => void add()}
            />
          </View>
        </View>
      </View>
    </Screen>
  );
}
