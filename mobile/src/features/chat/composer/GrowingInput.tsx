/** A field that grows with its text, up to some lines. In browsers a text area does so only when it is told its height. */
import { type ComponentProps, type RefObject, useLayoutEffect } from 'react';
import { TextInput } from 'react-native';
import { bare } from '../../../ui/field';
import { direction } from '../../../ui/format';
import { family, font, useTheme } from '../../../ui/theme';
import { HEIGHT_MAX, LINE } from './input-lines';

export function GrowingInput({
  field,
  ...props
}: ComponentProps<typeof TextInput> & { field: RefObject<TextInput | null>; value: string }) {
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides how high it is
  useLayoutEffect(() => {
    const area = field.current as unknown as HTMLTextAreaElement | null;
    if (!area) return;
    area.style.height = '0';
    area.style.height = `${Math.min(HEIGHT_MAX, Math.max(LINE, area.scrollHeight))}px`;
    area.style.overflowY = area.scrollHeight > HEIGHT_MAX ? 'auto' : 'hidden';
  }, [props.value, field]);
  return (
    <TextInput
      ref={field}
      {...props}
      multiline
      numberOfLines={1}
      placeholderTextColor={theme.muted}
      style={[
        {
          fontFamily: family,
          fontSize: font.body,
          lineHeight: LINE,
          color: theme.text,
          writingDirection: direction(props.value),
          padding: 0,
        },
        { resize: 'none' } as object,
        bare,
      ]}
    />
  );
}
