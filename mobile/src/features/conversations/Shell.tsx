/** One column on phones; from TWO_PANES on, the list stays at the left. */
import { type Href, usePathname, useRouter } from 'expo-router';
import type { ReactNode } from 'react';
import { useWindowDimensions, View } from 'react-native';
import { SafeAreaView } from 'react-native-safe-area-context';
import { TWO_PANES, useTheme } from '../../ui/theme';
import { ConversationList } from './ConversationList';

export const useWide = (): boolean => useWindowDimensions().width >= TWO_PANES;

export function Shell({ children }: { children?: ReactNode }) {
  const theme = useTheme();
  const router = useRouter();
  const path = usePathname();
  const wide = useWide();
  const selectedId = /^\/chat\/([0-9a-f-]{36})/.exec(path)?.[1];
  // Beside the list a chat replaces what was there; on phones it lies on top.
  const go = (href: string): void => (wide ? router.replace(href as Href) : router.push(href as Href));
  const list = (
    <ConversationList
      selectedId={selectedId}
      onOpen={(id) => go(`/chat/${id}`)}
      onNewChat={() => go('/new-chat')}
      onNewGroup={() => go('/new-group')}
      onSettings={() => go('/settings')}
    />
  );
  return (
    <SafeAreaView style={{ flex: 1, backgroundColor: theme.surface }} edges={['top', 'bottom']}>
      {wide ? (
        <View style={{ flex: 1, flexDirection: 'row', backgroundColor: theme.background }}>
          <View style={{ width: 372, borderRightWidth: 1, borderRightColor: theme.line }}>{list}</View>
          <View style={{ flex: 1, minWidth: 0 }}>{children}</View>
        </View>
      ) : (
        (children ?? list)
      )}
    </SafeAreaView>
  );
}

/** Back to where one came from; to the list, where the page was opened by its address. */
export function useBack(): () => void {
  const router = useRouter();
  return () => (router.canGoBack() ? router.back() : router.replace('/'));
}
