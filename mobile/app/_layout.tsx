import { Stack } from 'expo-router';
import Head from 'expo-router/head';
import { StatusBar } from 'expo-status-bar';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { SafeAreaProvider } from 'react-native-safe-area-context';
import { AuthScreen } from '../src/features/auth/AuthScreen';
import { deviceStorage } from '../src/sync/device-storage';
import { SessionProvider, useSession } from '../src/sync/session';
import { type ThemeChoice, ThemeChoiceContext, useTheme } from '../src/ui/theme';

export default function Layout() {
  const [choice, setChoice] = useState<ThemeChoice>('system');
  useEffect(() => {
    deviceStorage.get('theme').then(
      (kept) => setChoice((kept as ThemeChoice) ?? 'system'),
      () => undefined,
    );
  }, []);
  const choose = useCallback((next: ThemeChoice) => {
    setChoice(next);
    deviceStorage.set('theme', next).catch(() => undefined);
  }, []);
  const value = useMemo(() => ({ choice, choose }), [choice, choose]);
  return (
    <ThemeChoiceContext.Provider value={value}>
      <SafeAreaProvider>
        <SessionProvider>
          <Screens />
        </SessionProvider>
      </SafeAreaProvider>
    </ThemeChoiceContext.Provider>
  );
}

function Screens() {
  const theme = useTheme();
  const { client } = useSession();
  return (
    <>
      <Head>
        <title>Clatter</title>
        <meta name="theme-color" content={theme.surface} />
      </Head>
      <StatusBar style={theme.dark ? 'light' : 'dark'} />
      {client === null && <AuthScreen />}
      {client && (
        <Stack
          screenOptions={{
            headerShown: false,
            animation: 'slide_from_right',
            contentStyle: { backgroundColor: theme.background },
          }}
        />
      )}
    </>
  );
}
