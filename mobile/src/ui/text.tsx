/** Text in the sizes and colours of the theme. */
import { Text as NativeText, type TextProps, type TextStyle } from 'react-native';
import { family, font, useTheme } from './theme';

export type Tone = 'text' | 'muted' | 'accentText' | 'danger' | 'onAccent' | 'good';

export function Text({
  size = 'body',
  tone = 'text',
  weight,
  style,
  ...props
}: TextProps & { size?: keyof typeof font; tone?: Tone; weight?: '500' | '600' | '700' | undefined }) {
  const theme = useTheme();
  const look: TextStyle = {
    fontFamily: family,
    fontSize: font[size],
    lineHeight: Math.round(font[size] * 1.38),
    color: theme[tone],
    ...(weight && { fontWeight: weight }),
  };
  return <NativeText {...props} style={[look, style]} />;
}
