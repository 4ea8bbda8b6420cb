/** Short news at the bottom, such as what went wrong; goes by itself. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { View } from 'react-native';
import { Text } from './text';
import { radius, space, useTheme } from './theme';

const SHOWN_MS = 4500;
const ToastContext = createContext<(text: string) => void>(() => undefined);

/** Shows a text; give it the message of an error. */
export const useToast = (): ((text: string) => void) => useContext(ToastContext);

export function ToastProvider({ children }: { children: ReactNode }) {
  const theme = useTheme();
  const [toast, setToast] = useState<{ readonly text: string }>();
  const show = useCallback((text: string) => setToast({ text: text.charAt(0).toUpperCase() + text.slice(1) }), []);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <ToastContext.Provider value={show}>
      {children}
      {toast && (
        <View
          pointerEvents="none"
          style={{ position: 'absolute', left: 0, right: 0, bottom: 88, alignItems: 'center', padding: space.l }}
        >
          <View
            role="alert"
            style={{
              backgroundColor: theme.dark ? '#eceff4' : '#1c212b',
              borderRadius: radius.m,
              paddingHorizontal: space.l,
              paddingVertical: 11,
              maxWidth: 420,
            }}
          >
            <Text size="note" weight="500" style={{ color: theme.dark ? '#151922' : '#ffffff' }}>
              {toast.text}
            </Text>
          </View>
        </View>
      )}
    </ToastContext.Provider>
  );
}
