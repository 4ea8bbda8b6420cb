/** A row that leads to another screen. */
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';
import { type IconName, Row } from './button';
import { Text } from './text';
import { radius, useTheme } from './theme';

export function LinkRow({
  icon,
  label,
  hint,
  onPress,
  danger = false,
}: {
  icon: IconName;
  label: string;
  hint?: string;
  onPress: () => void;
  danger?: boolean;
}) {
  const theme = useTheme();
  const colour = danger ? theme.danger : theme.accentText;
  return (
    <Row label={label} onPress={onPress}>
      <View
        style={{
          width: 40,
          height: 40,
          borderRadius: radius.m,
          alignItems: 'center',
          justifyContent: 'center',
          backgroundColor: danger ? 'transparent' : theme.selected,
        }}
      >
        <Feather name={icon} size={18} color={colour} />
      </View>
      <View style={{ flex: 1, minWidth: 0 }}>
        <Text weight="500" numberOfLines={1} tone={danger ? 'danger' : 'text'}>
          {label}
        </Text>
        {hint && (
          <Text size="note" tone="muted" numberOfLines={1}>
            {hint}
          </Text>
        )}
      </View>
      {!danger && <Feather name="chevron-right" size={18} color={theme.muted} />}
    </Row>
  );
}
