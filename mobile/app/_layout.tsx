import { useCallback, useEffect, useMemo, useState } from 'react';
import { SafeAreaProvider } from 'react-native-safe-area-context';
import { Frame } from '../src/features/shell/Frame';
import { preferenceStorage } from '../src/sync/device-storage';
import { SessionProvider } from '../src/sync/SessionProvider';
import { ConfirmProvider } from '../src/ui/confirm';
import { type ThemeChoice, ThemeChoiceContext } from '../src/ui/theme';
import { ToastProvider } from '../src/ui/toast';

export default function Layout() {
  const [choice, setChoice] = useState<ThemeChoice>('system');
  useEffect(() => {
    preferenceStorage.get('theme').then(
      (kept) => setChoice((kept as ThemeChoice) ?? 'system'),
      () => undefined,
    );
  }, []);
  const choose = useCallback((next: ThemeChoice) => {
    setChoice(next);
    preferenceStorage.set('theme', next).catch(() => undefined);
  }, []);
  const value = useMemo(() => ({ choice, choose }), [choice, choose]);
  return (
    <ThemeChoiceContext.Provider value={value}>
      <SafeAreaProvider>
        <ToastProvider>
          <ConfirmProvider>
            <SessionProvider>
              <Frame />
            </SessionProvider>
          </ConfirmProvider>
        </ToastProvider>
      </SafeAreaProvider>
    </ThemeChoiceContext.Provider>
  );
}
