/** Something that is on or off, with what it means. */
import { Pressable, View } from 'react-native';
import { Text } from './text';
import { radius, space, useTheme } from './theme';

export function Toggle({
  label,
  hint,
  value,
  onChange,
  disabled = false,
}: {
  label: string;
  hint: string;
  value: boolean;
  onChange: (value: boolean) => void;
  disabled?: boolean;
}) {
  const theme = useTheme();
  return (
    <Pressable
      role="switch"
      aria-checked={value}
      aria-disabled={disabled}
      aria-label={label}
      accessibilityHint={hint}
      disabled={disabled}
      onPress={() => onChange(!value)}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.l,
        borderRadius: radius.s,
        opacity: disabled ? 0.6 : 1,
      }}
    >
      <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
        <Text weight="500">{label}</Text>
        <Text size="note" tone="muted">
          {hint}
        </Text>
      </View>
      <View
        style={{
          width: 44,
          height: 26,
          padding: 3,
          borderRadius: radius.full,
          alignItems: value ? 'flex-end' : 'flex-start',
          backgroundColor: value ? theme.accent : theme.dark ? '#4a5364' : '#aeb7c6',
        }}
      >
        <View style={{ width: 20, height: 20, borderRadius: radius.full, backgroundColor: '#ffffff' }} />
      </View>
    </Pressable>
  );
}
