/** A field that grows with its text, up to some lines: phones do so by themselves. */
import type { ComponentProps, RefObject } from 'react';
import { TextInput } from 'react-native';
import { direction } from '../../../ui/format';
import { font, useTheme } from '../../../ui/theme';
import { HEIGHT_MAX, LINE } from './input-lines';

export function GrowingInput({
  field,
  ...props
}: ComponentProps<typeof TextInput> & { field: RefObject<TextInput | null>; value: string }) {
  const theme = useTheme();
  return (
    <TextInput
      ref={field}
      {...props}
      multiline
      placeholderTextColor={theme.muted}
      style={{
        fontSize: font.body,
        lineHeight: LINE,
        maxHeight: HEIGHT_MAX,
        color: theme.text,
        writingDirection: direction(props.value),
        padding: 0,
      }}
    />
  );
}
