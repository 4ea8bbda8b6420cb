/** The own profile, how the app looks, where one is logged in, and the way out. */
import { useContext, useEffect, useState } from 'react';
import { ScrollView, View } from 'react-native';
import { peopleOf, useUser } from '../../store/people';
import { useScheduled } from '../../store/scheduled';
import { useClient, useSession } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { Bar, Card } from '../../ui/layout';
import { LinkRow } from '../../ui/link-row';
import { Segmented } from '../../ui/segmented';
import { Text } from '../../ui/text';
import { FORM, space, type ThemeChoice, ThemeChoiceContext, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { useGo } from '../shell/navigation';
import { Logins } from './Logins';

const CHOICES: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function SettingsScreen({ onBack }: { onBack: () => void }) {
  const theme = useTheme();
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Bar title="Settings" onBack={onBack} />
      <ScrollView
        keyboardShouldPersistTaps="handled"
        contentContainerStyle={{ padding: space.l, paddingVertical: space.xl, alignItems: 'center' }}
      >
        <View style={{ width: '100%', maxWidth: FORM, gap: space.xl }}>
          <Profile />
          <PrivacyLink />
          <ScheduledLink />
          <Appearance />
          <Logins />
          <LogOut />
        </View>
      </ScrollView>
    </View>
  );
}

function Profile() {
  const client = useClient();
  const toast = useToast();
  const me = useUser(client.userId);
  const [name, setName] = useState('');
  const [status, setStatus] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!me) return;
    setName(me.displayName);
    setStatus(me.statusText);
  }, [me]);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      peopleOf(client).put(await client.updateProfile({ displayName: name.trim(), statusText: status.trim() }));
      toast('Saved');
    } catch (error) {
      toast((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const same = !me || (name.trim() === me.displayName && status.trim() === me.statusText);
  return (
    <Card title="Profile">
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.l }}>
        <Avatar id={client.userId} name={me?.displayName ?? ''} size={64} />
        <View style={{ flex: 1, minWidth: 0 }}>
          <Text size="title" weight="600" numberOfLines={1} style={{ textAlign: 'left' }}>
            {me?.displayName ?? ' '}
          </Text>
          <Text tone="muted" numberOfLines={1}>
            {me ? `@${me.username}` : ' '}
          </Text>
        </View>
      </View>
      <Field label="Your name" value={name} onChangeText={setName} maxLength={64} />
      <Field label="Status" value={status} onChangeText={setStatus} maxLength={140} placeholder="What are you up to?" />
      <Button label="Save" busy={busy} disabled={same || name.trim() === ''} onPress={() => void save()} />
    </Card>
  );
}

function PrivacyLink() {
  const go = useGo();
  return (
    <Card flush>
      <LinkRow icon="lock" label="Privacy" hint="Who sees you, who is blocked" onPress={() => go('/privacy')} />
    </Card>
  );
}

function ScheduledLink() {
  const go = useGo();
  const count = useScheduled().length;
  return (
    <Card title="Scheduled messages">
      <Button
        kind="plain"
        icon="clock"
        label={count === 0 ? 'Nothing is scheduled' : `${count} to be sent`}
        onPress={() => go('/scheduled')}
      />
    </Card>
  );
}

function Appearance() {
  const { choice, choose } = useContext(ThemeChoiceContext);
  return (
    <Card title="Appearance">
      <Segmented label="Appearance" choices={CHOICES} value={choice} onChange={choose} />
    </Card>
  );
}

function LogOut() {
  const { logout } = useSession();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const leave = async (everywhere: boolean): Promise<void> => {
    setBusy(true);
    try {
      await logout(everywhere);
    } catch (error) {
      toast((error as Error).message);
      setBusy(false);
      setAsking(false);
    }
  };
  if (asking)
    return (
      <Card>
        <Text style={{ textAlign: 'center' }}>
          All your devices are logged out, this one too. Messages that wait here to be sent are lost.
        </Text>
        <View style={{ flexDirection: 'row', justifyContent: 'center', gap: space.m }}>
          <Button label="Cancel" kind="plain" disabled={busy} onPress={() => setAsking(false)} />
          <Button label="Log out everywhere" kind="danger" busy={busy} onPress={() => void leave(true)} />
        </View>
      </Card>
    );
  return (
    <View style={{ flexDirection: 'row', flexWrap: 'wrap', justifyContent: 'center', gap: space.s }}>
      <Button label="Log out" kind="plain" icon="log-out" busy={busy} onPress={() => void leave(false)} />
      <Button label="Log out everywhere" kind="danger" icon="shield" onPress={() => setAsking(true)} />
    </View>
  );
}
