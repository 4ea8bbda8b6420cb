/** Tells when the line is not up, after a moment: short breaks are no news. */
import Feather from '@expo/vector-icons/Feather';
import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { useSession } from '../../sync/session';
import { Text } from '../../ui/text';
import { space, useTheme } from '../../ui/theme';

const PATIENCE_MS = 1500;

export function ConnectionBanner() {
  const theme = useTheme();
  const { connection } = useSession();
  const [late, setLate] = useState(false);
  const down = connection !== 'live';
  useEffect(() => {
    setLate(false);
    if (!down) return undefined;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [down]);
  if (!down || !late) return null;
  const syncing = connection === 'syncing';
  const offline = connection === 'offline' || globalThis.navigator?.onLine === false;
  return (
    <View
      role="status"
      accessibilityLiveRegion="polite"
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.s,
        paddingHorizontal: space.l,
        paddingVertical: 9,
        backgroundColor: theme.selected,
      }}
    >
      <Feather name={syncing ? 'refresh-cw' : 'wifi-off'} size={14} color={theme.accentText} />
      <Text size="note" weight="500" tone="accentText" numberOfLines={1} style={{ flex: 1 }}>
        {syncing ? 'Catching up …' : offline ? 'Offline. Messages go out when you are back.' : 'Connecting …'}
      </Text>
    </View>
  );
}
