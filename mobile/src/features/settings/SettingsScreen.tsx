/** The own profile, how the app looks, and the way out. */
import type { User } from '@clatter/client';
import { useContext, useEffect, useState } from 'react';
import { Pressable, ScrollView, View } from 'react-native';
import { useClient, useSession } from '../../sync/session';
import { Avatar, Button, Field, Header, Text } from '../../ui/controls';
import { radius, space, type ThemeChoice, ThemeChoiceContext, useTheme } from '../../ui/theme';

const CHOICES: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function SettingsScreen({ onBack }: { onBack: () => void }) {
  const theme = useTheme();
  const client = useClient();
  const { logout } = useSession();
  const { choice, choose } = useContext(ThemeChoiceContext);
  const [me, setMe] = useState<User>();
  const [name, setName] = useState('');
  const [status, setStatus] = useState('');
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    client.me().then(
      (user) => {
        setMe(user);
        setName(user.displayName);
        setStatus(user.statusText);
      },
      (error: Error) => setNote(error.message),
    );
  }, [client]);

  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      setMe(await client.updateProfile({ displayName: name, statusText: status }));
      setNote('Saved.');
    } catch (error) {
      setNote((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const leave = (everywhere: boolean): void => {
    logout(everywhere).catch((error: Error) => setNote(error.message));
  };
  const card = {
    backgroundColor: theme.surface,
    borderRadius: radius.l,
    borderWidth: 1,
    borderColor: theme.line,
    padding: space.l,
    gap: space.l,
  } as const;

  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Header title="Settings" onBack={onBack} />
      <ScrollView contentContainerStyle={{ padding: space.l, alignItems: 'center' }}>
        <View style={{ width: '100%', maxWidth: 520, gap: space.l }}>
          <View style={card}>
            <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.l }}>
              <Avatar id={client.userId} name={me?.displayName ?? ''} size={64} />
              <View style={{ flex: 1, minWidth: 0 }}>
                <Text size="title" weight="600" numberOfLines={1}>
                  {me?.displayName ?? '…'}
                </Text>
                <Text tone="muted" numberOfLines={1}>
                  @{me?.username ?? ''}
                </Text>
              </View>
            </View>
            <Field label="Your name" value={name} onChangeText={setName} maxLength={64} />
            <Field
              label="Status"
              value={status}
              onChangeText={setStatus}
              maxLength={140}
              placeholder="What are you up to?"
            />
            {note !== '' && (
              <Text size="note" tone="muted" accessibilityLiveRegion="polite">
                {note}
              </Text>
            )}
            <Button
              label="Save"
              busy={busy}
              disabled={!me || name.trim() === '' || (name === me.displayName && status === me.statusText)}
              onPress={() => void save()}
            />
          </View>
          <View style={card}>
            <Text weight="600">Appearance</Text>
            <View
              accessibilityRole="radiogroup"
              style={{ flexDirection: 'row', backgroundColor: theme.background, borderRadius: radius.m, padding: 3 }}
            >
              {CHOICES.map(({ value, label }) => (
                <Pressable
                  key={value}
                  accessibilityRole="radio"
                  accessibilityState={{ checked: choice === value }}
                  onPress={() => choose(value)}
                  style={{
                    flex: 1,
                    alignItems: 'center',
                    paddingVertical: 9,
                    borderRadius: radius.s,
                    backgroundColor: choice === value ? theme.raised : 'transparent',
                  }}
                >
                  <Text
                    size="note"
                    weight={choice === value ? '600' : '500'}
                    tone={choice === value ? 'text' : 'muted'}
                  >
                    {label}
                  </Text>
                </Pressable>
              ))}
            </View>
          </View>
          <View style={card}>
            <Button label="Log out" kind="plain" icon="log-out" onPress={() => leave(false)} />
            <Button label="Log out on all devices" kind="danger" icon="shield" onPress={() => leave(true)} />
          </View>
        </View>
      </ScrollView>
    </View>
  );
}
