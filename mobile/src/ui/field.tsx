/** Where something is typed. */
import Feather from '@expo/vector-icons/Feather';
import { type ComponentProps, type Ref, useState } from 'react';
import { Platform, TextInput, type TextStyle, View } from 'react-native';
import { IconButton } from './button';
import { direction } from './format';
import { Text } from './text';
import { family, font, radius, space, useTheme } from './theme';

/** The box around it shows the focus. */
export const bare: TextStyle = Platform.OS === 'web' ? ({ outlineStyle: 'none' } as unknown as TextStyle) : {};

type InputProps = ComponentProps<typeof TextInput>;

export function Field({
  label,
  hint,
  error,
  secureTextEntry = false,
  ...props
}: InputProps & { label: string; hint?: string; error?: string | undefined }) {
  const theme = useTheme();
  const [focused, setFocused] = useState(false);
  const [seen, setSeen] = useState(false);
  return (
    <View style={{ gap: 6 }}>
      <Text size="note" weight="600" tone="muted">
        {label}
      </Text>
      <View
        style={{
          flexDirection: 'row',
          alignItems: 'center',
          borderRadius: radius.m,
          borderWidth: 1.5,
          borderColor: error ? theme.danger : focused ? theme.accent : theme.line,
          backgroundColor: theme.dark ? theme.well : theme.surface,
        }}
      >
        <TextInput
          accessibilityLabel={label}
          accessibilityHint={error || hint || ''}
          placeholderTextColor={theme.muted}
          secureTextEntry={secureTextEntry && !seen}
          {...props}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          style={[
            {
              flex: 1,
              minWidth: 0,
              minHeight: 46,
              color: theme.text,
              paddingHorizontal: 14,
              fontFamily: family,
              fontSize: font.body,
              borderRadius: radius.m,
              ...(props.multiline && { paddingVertical: 12, lineHeight: 21 }),
              writingDirection: direction(props.value ?? ''),
            },
            bare,
          ]}
        />
        {secureTextEntry && (
          <View style={{ paddingRight: 4 }}>
            <IconButton
              icon={seen ? 'eye-off' : 'eye'}
              label={seen ? 'Hide what is typed' : 'Show what is typed'}
              size={38}
              onPress={() => setSeen(!seen)}
            />
          </View>
        )}
      </View>
      {(error || hint) && (
        <Text size="small" tone={error ? 'danger' : 'muted'} accessibilityLiveRegion={error ? 'polite' : 'none'}>
          {error || hint}
        </Text>
      )}
    </View>
  );
}

export function SearchField({
  label,
  placeholder,
  value,
  onChange,
  autoFocus = false,
  onSubmit,
  ref,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
  onSubmit?: () => void;
  ref?: Ref<TextInput>;
}) {
  const theme = useTheme();
  const [focused, setFocused] = useState(false);
  return (
    <View
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.s,
        height: 42,
        borderRadius: radius.m,
        borderWidth: 1.5,
        borderColor: focused ? theme.focus : theme.well,
        backgroundColor: theme.well,
        paddingLeft: space.m,
        paddingRight: 4,
      }}
    >
      <Feather name="search" size={16} color={theme.muted} />
      <TextInput
        ref={ref}
        accessibilityLabel={label}
        placeholder={placeholder}
        placeholderTextColor={theme.muted}
        value={value}
        onChangeText={onChange}
        onSubmitEditing={onSubmit}
        onKeyPress={(event) => {
          if (event.nativeEvent.key === 'Escape') onChange('');
        }}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        autoFocus={autoFocus}
        autoCapitalize="none"
        autoCorrect={false}
        maxLength={64}
        style={[
          {
            flex: 1,
            minWidth: 0,
            height: 38,
            fontFamily: family,
            fontSize: font.body,
            color: theme.text,
            writingDirection: direction(value),
          },
          bare,
        ]}
      />
      {value !== '' && <IconButton icon="x" label="Clear" size={30} onPress={() => onChange('')} />}
    </View>
  );
}
