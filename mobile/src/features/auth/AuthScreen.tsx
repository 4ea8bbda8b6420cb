/** Sign up and log in; beside it, where there is room, what Clatter is. */
import { useEffect, useState } from 'react';
import { KeyboardAvoidingView, Platform, Pressable, ScrollView, View } from 'react-native';
import { chooseServer, serverIsChosen, serverUrl } from '../../sync/server-url';
import { useSession } from '../../sync/session';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { sentence } from '../../ui/format';
import { Text } from '../../ui/text';
import { radius, space, useTheme, useWide } from '../../ui/theme';
import { Logo } from '../shell/Logo';
import { SecondFactorForm } from './SecondFactorForm';
import { Welcome } from './Welcome';

const FIELDS = ['username', 'displayName', 'password'];

export function AuthScreen() {
  const theme = useTheme();
  const wide = useWide();
  return (
    <View style={{ flex: 1, flexDirection: 'row', backgroundColor: theme.background }}>
      {wide && <Welcome />}
      <KeyboardAvoidingView
        role="main"
        behavior={Platform.OS === 'ios' ? 'padding' : undefined}
        style={{ flex: 1, backgroundColor: wide ? theme.surface : theme.background }}
      >
        <ScrollView
          keyboardShouldPersistTaps="handled"
          contentContainerStyle={{ flexGrow: 1, alignItems: 'center', justifyContent: 'center', padding: space.l }}
        >
          <AuthForm wide={wide} />
        </ScrollView>
      </KeyboardAvoidingView>
    </View>
  );
}

function AuthForm({ wide }: { wide: boolean }) {
  const theme = useTheme();
  const { register, login, finishLogin, ended, wasHere } = useSession();
  const [isNew, setNew] = useState(!wasHere);
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const [server, setServer] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  /** Of a login that wants a second factor. */
  const [mfaToken, setMfaToken] = useState('');

  useEffect(() => {
    serverUrl().then(setServer, () => undefined);
  }, []);

  const ready = username.trim() !== '' && password !== '';
  const submit = async (): Promise<void> => {
    if (!ready || busy) return;
    setBusy(true);
    setError('');
    try {
      if (serverIsChosen) await chooseServer(server);
      if (isNew) await register(username.trim(), password, displayName.trim());
      else await login(username.trim(), password);
    } catch (failure) {
      const wanted = mfaTokenOf(failure);
      setMfaToken(wanted);
      setError(wanted === '' ? (failure as Error).message : '');
      setBusy(false);
    }
  };
  const onSubmitEditing = (): void => void submit();
  // The server names the field that it speaks of: "username: want …".
  const [field, about] = /^(\w+): (.*)$/s.exec(error)?.slice(1) ?? [];
  const named = field !== undefined && FIELDS.includes(field);
  const errorOf = (name: string): string | undefined => (field === name && about ? sentence(about) : undefined);
  const general = error !== '' && !named ? sentence(error) : ended && error === '' ? 'You were logged out.' : '';

  const box = wide
    ? {}
    : {
        backgroundColor: theme.surface,
        borderRadius: radius.l,
        borderWidth: 1,
        borderColor: theme.line,
        padding: 20,
      };
  return (
    <View style={{ width: '100%', maxWidth: 380, gap: space.xl }}>
      <View style={wide ? { gap: 6 } : { alignItems: 'center', gap: 6 }}>
        {!wide && (
          <View style={{ marginBottom: space.s }}>
            <Logo size={72} />
          </View>
        )}
        <Text size="hero" weight="700" accessibilityRole="header">
          {wide ? (isNew ? 'Create your account' : 'Welcome back') : 'Clatter'}
        </Text>
        <Text tone="muted" style={{ textAlign: wide ? 'left' : 'center' }}>
          {mfaToken !== ''
            ? 'Your account wants a second proof that it is you.'
            : isNew
              ? 'Pick a name and start talking.'
              : 'Log in to go on where you were.'}
        </Text>
      </View>
      {mfaToken !== '' && (
        <View style={box}>
          <SecondFactorForm onCode={(factor) => finishLogin({ mfaToken, ...factor })} onBack={() => setMfaToken('')} />
        </View>
      )}
      <View style={{ gap: space.l, ...box, ...(mfaToken !== '' && { display: 'none' }) }}>
        {serverIsChosen && (
          <Field
            label="Server"
            value={server}
            onChangeText={setServer}
            autoCapitalize="none"
            autoCorrect={false}
            keyboardType="url"
          />
        )}
        <Field
          label={isNew ? 'Username' : 'Username or e-mail'}
          value={username}
          onChangeText={setUsername}
          autoCapitalize="none"
          autoCorrect={false}
          autoComplete="username"
          autoFocus={Platform.OS === 'web'}
          onSubmitEditing={onSubmitEditing}
          hint={isNew ? 'Others find you by it. Letters, digits, dot, dash.' : ''}
          error={errorOf('username')}
          maxLength={254}
        />
        {isNew && (
          <Field
            label="Your name"
            placeholder="What others see"
            value={displayName}
            onChangeText={setDisplayName}
            autoComplete="name"
            onSubmitEditing={onSubmitEditing}
            error={errorOf('displayName')}
            maxLength={64}
          />
        )}
        <Field
          label="Password"
          value={password}
          onChangeText={setPassword}
          secureTextEntry
          autoCapitalize="none"
          autoCorrect={false}
          autoComplete={isNew ? 'new-password' : 'current-password'}
          onSubmitEditing={onSubmitEditing}
          hint={isNew ? 'At least 8 characters.' : ''}
          error={errorOf('password')}
          maxLength={256}
        />
        {general !== '' && (
          <Text size="note" tone="danger" role="alert">
            {general}
          </Text>
        )}
        <Button
          label={isNew ? 'Create account' : 'Log in'}
          busy={busy}
          disabled={!ready}
          onPress={() => void submit()}
        />
      </View>
      <Pressable
        accessibilityRole="button"
        onPress={() => {
          setNew(!isNew);
          setError('');
        }}
        style={{
          alignSelf: 'center',
          padding: space.s,
          borderRadius: radius.s,
          ...(mfaToken !== '' && { display: 'none' }),
        }}
      >
        <Text tone="muted">
          {isNew ? 'Have an account? ' : 'New here? '}
          <Text tone="accentText" weight="600">
            {isNew ? 'Log in' : 'Create an account'}
          </Text>
        </Text>
      </Pressable>
    </View>
  );
}

/** '' where it is another failure. */
function mfaTokenOf(failure: unknown): string {
  const { code, details } = failure as { code?: string; details?: { mfaToken?: unknown } };
  return code === 'MFA_REQUIRED' ? String(details?.mfaToken ?? '') : '';
}
