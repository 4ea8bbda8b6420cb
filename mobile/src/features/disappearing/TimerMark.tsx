/** That messages of this chat disappear, and after how long. */
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';
import { Text } from '../../ui/text';
import { useTheme } from '../../ui/theme';
import { periodName, shortPeriod } from './periods';

export function TimerMark({ seconds }: { seconds: number }) {
  const theme = useTheme();
  if (seconds === 0) return null;
  return (
    <View
      role="img"
      aria-label={`Messages disappear after ${periodName(seconds)}`}
      style={{ flexDirection: 'row', alignItems: 'center', gap: 3 }}
    >
      <Feather name="clock" size={12} color={theme.muted} />
      <Text size="small" tone="muted">
        {shortPeriod(seconds)}
      </Text>
    </View>
  );
}
