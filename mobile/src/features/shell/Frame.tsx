/** What every screen stands in: the login before all; then one column on phones, and the list beside the screen where there is room. */
import Feather from '@expo/vector-icons/Feather';
import { useFonts } from 'expo-font';
import { Stack, usePathname } from 'expo-router';
import { StatusBar } from 'expo-status-bar';
import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { SafeAreaView } from 'react-native-safe-area-context';
import { useUnread } from '../../store/conversations';
import { useSession } from '../../sync/session';
import { useListWidth, useTheme, useWide } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { AuthScreen } from '../auth/AuthScreen';
import { ConversationList } from '../conversations/ConversationList';
import { Logo } from './Logo';
import { useGo } from './navigation';
import { usePageLook, usePageTitle } from './page';

export function Frame() {
  const theme = useTheme();
  const { client } = useSession();
  const [ready, failed] = useFonts(Feather.font);
  usePageLook(theme);
  const content = client === undefined || !(ready || failed) ? <Splash /> : client ? <Panes /> : <AuthScreen />;
  return (
    <SafeAreaView style={{ flex: 1, backgroundColor: theme.surface }} edges={['top', 'bottom']}>
      <StatusBar style={theme.dark ? 'light' : 'dark'} />
      {content}
    </SafeAreaView>
  );
}

function Panes() {
  const theme = useTheme();
  const wide = useWide();
  const listWidth = useListWidth();
  const { client } = useSession();
  const go = useGo();
  const toast = useToast();
  const path = usePathname();
  const selectedId = /^\/(?:chat|details|group)\/([0-9a-f-]{36})/.exec(path)?.[1];
  const [inArchive, setInArchive] = useState(path === '/archived');
  usePageTitle(useUnread());
  useEffect(() => client?.on('refused', ({ error }) => toast(error.message)), [client, toast]);
  return (
    <View style={{ flex: 1, flexDirection: 'row' }}>
      {wide && (
        <View
          role="navigation"
          style={{
            width: listWidth,
            borderRightWidth: 1,
            borderRightColor: theme.line,
          }}
        >
          <ConversationList
            key={inArchive ? 'archive' : 'chats'}
            selectedId={selectedId}
            onOpen={(id) => go(`/chat/${id}`)}
            onHidden={(id) => id === selectedId && go('/')}
            onNewChat={() => go('/new-chat')}
            onSettings={() => go('/settings')}
            onArchive={() => setInArchive(true)}
            onBack={inArchive ? () => setInArchive(false) : undefined}
          />
        </View>
      )}
      <View role="main" style={{ flex: 1, minWidth: 0 }}>
        <Stack
          screenOptions={{
            headerShown: false,
            animation: wide ? 'none' : 'default',
            contentStyle: { backgroundColor: theme.background },
          }}
        />
      </View>
    </View>
  );
}

function Splash() {
  const theme = useTheme();
  return (
    <View style={{ flex: 1, alignItems: 'center', justifyContent: 'center', backgroundColor: theme.background }}>
      <Logo size={76} />
    </View>
  );
}
