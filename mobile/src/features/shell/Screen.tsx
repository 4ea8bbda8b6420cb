/** A screen with a bar, news of the line where no list shows them, and one column that scrolls. */
import type { ReactNode } from 'react';
import { ScrollView, View } from 'react-native';
import { Bar } from '../../ui/layout';
import { FORM, space, useTheme, useWide } from '../../ui/theme';
import { ConnectionBanner } from '../conversations/ConnectionBanner';

export function Screen({ title, onBack, children }: { title: string; onBack: () => void; children: ReactNode }) {
  const theme = useTheme();
  const wide = useWide();
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Bar title={title} onBack={onBack} />
      {!wide && <ConnectionBanner />}
      {children}
    </View>
  );
}

/** What scrolls in a screen: forms and cards, no wider than eyes like. */
export function Column({ children }: { children: ReactNode }) {
  return (
    <ScrollView
      keyboardShouldPersistTaps="handled"
      contentContainerStyle={{ padding: space.l, paddingVertical: space.xl, alignItems: 'center' }}
    >
      <View style={{ width: '100%', maxWidth: FORM, gap: space.xl }}>{children}</View>
    </ScrollView>
  );
}
