/** Begin a group or a channel: who is in it, and what it is called. */
import type { User } from '@clatter/client';
import { useMemo, useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { Field, SearchField } from '../../ui/field';
import { Bar } from '../../ui/layout';
import { FORM, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { Toggle } from '../../ui/toggle';
import { PeopleList } from './PeopleList';
import { PersonChip } from './PersonChip';

export function NewGroupScreen({
  kind,
  onBack,
  onOpen,
}: {
  kind: 'group' | 'channel';
  onBack: () => void;
  onOpen: (conversationId: string) => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const [people, setPeople] = useState<readonly User[]>([]);
  const [title, setTitle] = useState('');
  const [query, setQuery] = useState('');
  const [onlyAdmins, setOnlyAdmins] = useState(true);
  const [busy, setBusy] = useState(false);
  const channel = kind === 'channel';
  const picked = useMemo(() => new Set(people.map(({ userId }) => userId)), [people]);
  const toggle = (user: User): void => {
    setPeople(picked.has(user.userId) ? people.filter(({ userId }) => userId !== user.userId) : [...people, user]);
    setQuery('');
  };
  const create = async (): Promise<void> => {
    setBusy(true);
    try {
      onOpen(channel ? await createChannel() : (await client.createGroup(title.trim(), [...picked])).conversationId);
    } catch (error) {
      toast((error as Error).message);
      setBusy(false);
    }
  };
  const createChannel = async (): Promise<string> => {
    const { conversationId } = await client.createChannel(title.trim(), [...picked]);
    // It is there: that its settings were not stored is told, and no reason to begin it again.
    if (onlyAdmins)
      await client.groups
        .changeSettings(conversationId, { sendRole: 'admin' })
        .catch((error: Error) => toast(error.message));
    return conversationId;
  };
  const named = title.trim() !== '';
  const enough = channel || people.length > 0;
  return (
    <View style={{ flex: 1, backgroundColor: theme.surface }}>
      <Bar title={`New ${kind}`} onBack={onBack} />
      <View style={{ flex: 1, width: '100%', maxWidth: FORM, alignSelf: 'center' }}>
        <View style={{ padding: space.l, paddingBottom: space.s, gap: space.l }}>
          <Field
            label={`Name of the ${kind}`}
            value={title}
            onChangeText={setTitle}
            maxLength={100}
            placeholder={channel ? 'Harbour news' : 'Friday football'}
            autoFocus
          />
          {channel && (
            <Toggle
              label="Only admins may send"
              hint="Members read along. It can be changed later."
              value={onlyAdmins}
              onChange={setOnlyAdmins}
            />
          )}
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
              !enough
                ? 'Pick at least one person'
                : named
                  ? `Create ${kind} of ${people.length + 1}`
                  : `Give the ${kind} a name`
            }
            busy={busy}
            disabled={!named || !enough}
            onPress={() => void create()}
          />
        </View>
      </View>
    </View>
  );
}
