/** Begin a group: who is in it, and what it is called. */
import type { User } from '@clatter/client';
import { useMemo, useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { Field, SearchField } from '../../ui/field';
import { Bar } from '../../ui/layout';
import { FORM, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { PeopleList } from './PeopleList';
import { PersonChip } from './PersonChip';

export function NewGroupScreen({ onBack, onOpen }: { onBack: () => void; onOpen: (conversationId: string) => void }) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const [people, setPeople] = useState<readonly User[]>([]);
  const [title, setTitle] = useState('');
  const [query, setQuery] = useState('');
  const [busy, setBusy] = useState(false);
  const picked = useMemo(() => new Set(people.map(({ userId }) => userId)), [people]);
  const toggle = (user: User): void => {
    setPeople(picked.has(user.userId) ? people.filter(({ userId }) => userId !== user.userId) : [...people, user]);
    setQuery('');
  };
  const create = async (): Promise<void> => {
    setBusy(true);
    try {
      const { conversationId } = await client.createGroup(title.trim(), [...picked]);
      onOpen(conversationId);
    } catch (error) {
      toast((error as Error).message);
      setBusy(false);
    }
  };
  const named = title.trim() !== '';
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <Bar title="New group" onBack={onBack} />
      <View style={{ flex: 1, width: '100%', maxWidth: FORM, alignSelf: 'center' }}>
        <View style={{ padding: space.l, paddingBottom: space.s, gap: space.l }}>
          <Field
            label="Name of the group"
            value={title}
            onChangeText={setTitle}
            maxLength={100}
            placeholder="Friday football"
            autoFocus
          />
          {people.length > 0 && (
            <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.s }}>
              {people.map((user) => (
                <PersonChip key={user.userId} user={user} onRemove={() => toggle(user)} />
              ))}
            </View>
          )}
          <SearchField label="Find people" placeholder="Add people by name" value={query} onChange={setQuery} />
        </View>
        <PeopleList query={query.trim()} onPick={toggle} picked={picked} />
        <View style={{ padding: space.l, borderTopWidth: 1, borderTopColor: theme.line }}>
          <Button
            label={
              people.length === 0
                ? 'Pick at least one person'
                : named
                  ? `Create group of ${people.length + 1}`
                  : 'Give the group a name'
            }
            busy={busy}
            disabled={!named || people.length === 0}
            onPress={() => void create()}
          />
        </View>
      </View>
    </View>
  );
}
