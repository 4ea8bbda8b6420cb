/** Sign up and log in. */
import { useState } from 'react';
import { Image, KeyboardAvoidingView, Platform, Pressable, ScrollView, View } from 'react-native';
import { useSession } from '../../sync/session';
import { Button, Field, Text } from '../../ui/controls';
import { radius, space, useTheme } from '../../ui/theme';

type Mode = 'login' | 'register';

export function AuthScreen() {
  const theme = useTheme();
  const { register, login, ended } = useSession();
  const [mode, setMode] = useState<Mode>('register');
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const isNew = mode === 'register';

  const submit = async (): Promise<void> => {
    setBusy(true);
    setError('');
    try {
      if (isNew) await register(username.trim(), password, displayName.trim());
      else await login(username.trim(), password);
    } catch (failure) {
      setError((failure as Error).message);
      setBusy(false);
    }
  };
  const submitOnEnter = (): void => {
    if (username && password && !busy) void submit();
  };
  const [field, text] = /^(\w+): (.*)$/.exec(error)?.slice(1) ?? [];

  return (
    <KeyboardAvoidingView
      behavior={Platform.OS === 'ios' ? 'padding' : undefined}
      style={{ flex: 1, backgroundColor: theme.background }}
    >
      <ScrollView
        contentContainerStyle={{ flexGrow: 1, alignItems: 'center', justifyContent: 'center', padding: space.l }}
      >
        <View style={{ width: '100%', maxWidth: 400, gap: space.xl }}>
          <View style={{ alignItems: 'center', gap: space.m }}>
            <Image
              source={require('../../../assets/icon.png')}
              style={{ width: 76, height: 76, borderRadius: 18 }}
              accessibilityIgnoresInvertColors
              alt=""
            />
            <Text size="hero" weight="700" accessibilityRole="header">
              Clatter
            </Text>
            <Text tone="muted" style={{ textAlign: 'center' }}>
              {isNew ? 'Pick a name and start talking.' : 'Welcome back.'}
            </Text>
          </View>
          <View
            style={{
              backgroundColor: theme.surface,
              borderRadius: radius.l,
              borderWidth: 1,
              borderColor: theme.line,
              padding: space.xl,
              gap: space.l,
            }}
          >
            <Field
              label={isNew ? 'Username' : 'Username or e-mail'}
              value={username}
              onChangeText={setUsername}
              autoCapitalize="none"
              autoCorrect={false}
              autoComplete="username"
              autoFocus={Platform.OS === 'web'}
              onSubmitEditing={submitOnEnter}
              error={field === 'username' ? text : undefined}
              maxLength={254}
            />
            {isNew && (
              <Field
                label="Your name"
                placeholder="What others see (optional)"
                value={displayName}
                onChangeText={setDisplayName}
                autoComplete="name"
                onSubmitEditing={submitOnEnter}
                error={field === 'displayName' ? text : undefined}
                maxLength={64}
              />
            )}
            <Field
              label="Password"
              value={password}
              onChangeText={setPassword}
              secureTextEntry
              autoComplete={isNew ? 'new-password' : 'current-password'}
              onSubmitEditing={submitOnEnter}
              hint={isNew ? 'At least 8 characters' : ''}
              error={field === 'password' ? text : undefined}
              maxLength={256}
            />
            {(error !== '' && !['username', 'displayName', 'password'].includes(field ?? '')) || ended ? (
              <Text size="note" tone="danger" accessibilityLiveRegion="polite">
                {error || 'You were logged out. Log in again.'}
              </Text>
            ) : null}
            <Button
              label={isNew ? 'Create account' : 'Log in'}
              busy={busy}
              disabled={username.trim() === '' || password === ''}
              onPress={() => void submit()}
            />
          </View>
          <Pressable
            accessibilityRole="button"
            onPress={() => {
              setMode(isNew ? 'login' : 'register');
              setError('');
            }}
            style={{ alignSelf: 'center', padding: space.s }}
          >
            <Text tone="muted">
              {isNew ? 'Have an account? ' : 'New here? '}
              <Text tone="accentText" weight="600">
                {isNew ? 'Log in' : 'Create one'}
              </Text>
            </Text>
          </Pressable>
        </View>
      </ScrollView>
    </KeyboardAvoidingView>
  );
}
