/** Tells when the line is not up, after a moment: short breaks are no news. */
import Feather from '@expo/vector-icons/Feather';
import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { useSession } from '../../sync/session';
import { Text } from '../../ui/controls';
import { space, useTheme } from '../../ui/theme';

const PATIENCE_MS = 1200;
const words = {
  offline: 'Offline. What you send waits.',
  connecting: 'Connecting … What you send waits.',
  syncing: 'Catching up …',
  live: '',
} as const;

export function ConnectionBanner() {
  const theme = useTheme();
  const { connection } = useSession();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    setShown(false);
    if (connection === 'live') return undefined;
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [connection]);
  if (!shown) return null;
  return (
    <View
      accessibilityLiveRegion="polite"
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.s,
        paddingHorizontal: space.l,
        paddingVertical: space.s,
        backgroundColor: theme.hover,
      }}
    >
      <Feather name={connection === 'syncing' ? 'refresh-cw' : 'wifi-off'} size={14} color={theme.muted} />
      <Text size="small" tone="muted">
        {words[connection]}
      </Text>
    </View>
  );
}
