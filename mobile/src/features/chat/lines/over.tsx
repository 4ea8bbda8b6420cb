/** What lies over the lines: that earlier ones come, and the way to the newest. */
import { ActivityIndicator, View } from 'react-native';
import { IconButton } from '../../../ui/button';
import { radius, space, useTheme, useWide } from '../../../ui/theme';
import { Badge } from '../../conversations/Badge';

export function Loading() {
  const theme = useTheme();
  return (
    <View
      style={{
        position: 'absolute',
        top: space.m,
        alignSelf: 'center',
        padding: 7,
        borderRadius: radius.full,
        backgroundColor: theme.raised,
        boxShadow: theme.shadow,
      }}
    >
      <ActivityIndicator color={theme.accentText} size="small" accessibilityLabel="Loading earlier messages" />
    </View>
  );
}

export function ToEnd({ unread, onPress }: { unread: number; onPress: () => void }) {
  const theme = useTheme();
  const wide = useWide();
  return (
    <View
      style={{
        position: 'absolute',
        right: wide ? space.xl : space.m,
        bottom: space.m,
        borderRadius: radius.full,
        backgroundColor: theme.raised,
        borderWidth: 1,
        borderColor: theme.line,
        boxShadow: '0 2px 10px rgba(10, 15, 30, 0.16)',
      }}
    >
      <IconButton icon="chevron-down" label="To the newest message" size={42} onPress={onPress} />
      {unread > 0 && (
        <View pointerEvents="none" style={{ position: 'absolute', top: -10, left: 0, right: 0, alignItems: 'center' }}>
          <Badge count={unread} />
        </View>
      )}
    </View>
  );
}
