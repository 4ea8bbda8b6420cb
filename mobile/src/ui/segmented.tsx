/** One of a few choices that are all seen. */
import { Pressable, View } from 'react-native';
import { Text } from './text';
import { radius, useTheme } from './theme';

export function Segmented<T extends string | number>({
  label,
  choices,
  value,
  onChange,
  disabled = false,
}: {
  label: string;
  choices: readonly { readonly value: T; readonly label: string }[];
  value: T;
  onChange: (value: T) => void;
  disabled?: boolean;
}) {
  const theme = useTheme();
  return (
    <View
      role="radiogroup"
      aria-label={label}
      style={{
        flexDirection: 'row',
        backgroundColor: theme.well,
        borderRadius: radius.m,
        padding: 4,
        opacity: disabled ? 0.6 : 1,
      }}
    >
      {choices.map((choice) => {
        const chosen = choice.value === value;
        return (
          <Pressable
            key={choice.value}
            role="radio"
            aria-checked={chosen}
            aria-label={choice.label}
            disabled={disabled}
            onPress={() => onChange(choice.value)}
            style={{
              flex: 1,
              alignItems: 'center',
              paddingVertical: 9,
              borderRadius: radius.s,
              backgroundColor: chosen ? (theme.dark ? theme.line : theme.surface) : 'transparent',
              boxShadow: chosen ? theme.shadow : 'none',
            }}
          >
            <Text size="note" numberOfLines={1} weight={chosen ? '600' : '500'} tone={chosen ? 'text' : 'muted'}>
              {choice.label}
            </Text>
          </Pressable>
        );
      })}
    </View>
  );
}
