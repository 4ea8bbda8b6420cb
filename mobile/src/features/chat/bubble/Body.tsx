/** The text of a message, with its links. */
import type { Content } from '@clatter/client';
import { Fragment, type ReactNode } from 'react';
import { Linking, Text as NativeText, Platform, type TextStyle, View } from 'react-native';
import { direction } from '../../../ui/format';
import { family, font } from '../../../ui/theme';

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'])/g;
const readable = { wordBreak: 'break-word', whiteSpace: 'pre-wrap', userSelect: 'text', cursor: 'text' };

export function Body({
  text,
  plain,
  large,
  colour,
  linkColour,
  mentions,
  mentionColour,
  spare,
}: {
  text: string;
  /** Not somebody's words. */
  plain: boolean;
  large: boolean;
  colour: string;
  linkColour: string;
  /** Who is spoken of where. */
  mentions: NonNullable<Content['text']>['mentions'];
  mentionColour: string;
  /** Room to leave at the end of the last line. */
  spare: number;
}) {
  const way = direction(text);
  return (
    <NativeText
      style={[
        {
          color: colour,
          fontFamily: family,
          fontSize: large ? 42 : font.body,
          lineHeight: large ? 52 : 21,
          fontStyle: plain ? 'italic' : 'normal',
          writingDirection: way,
          textAlign: way === 'rtl' ? 'right' : 'left',
        },
        Platform.OS === 'web' ? (readable as unknown as TextStyle) : {},
      ]}
    >
      {plain ? text : withMentions(text, mentions, mentionColour, linkColour)}
      {spare > 0 && <View style={{ width: spare, height: 10 }} />}
    </NativeText>
  );
}

/** A mention that a version of something else made may lie anywhere: what is no part of the text is left alone. */
function withMentions(
  text: string,
  mentions: NonNullable<Content['text']>['mentions'],
  colour: string,
  linkColour: string,
): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const { start, length } of mentions) {
    if (start < end || start + length > text.length) continue;
    parts.push(<Fragment key={`text ${end}`}>{withLinks(text.slice(end, start), linkColour)}</Fragment>);
    parts.push(
      <NativeText key={`mention ${start}`} style={{ color: colour, fontWeight: '600' }}>
        {text.slice(start, start + length)}
      </NativeText>,
    );
    end = start + length;
  }
  return [...parts, <Fragment key={`text ${end}`}>{withLinks(text.slice(end), linkColour)}</Fragment>];
}

function withLinks(text: string, colour: string) {
  return text.split(LINK).map((part, index) => {
    const key = `${index}`;
    if (index % 2 === 0) return <Fragment key={key}>{part}</Fragment>;
    const onWeb = { href: part, hrefAttrs: { target: '_blank', rel: 'noopener noreferrer' } };
    return (
      <NativeText
        key={key}
        accessibilityRole="link"
        {...(Platform.OS === 'web' ? onWeb : { onPress: () => void Linking.openURL(part) })}
        style={{ color: colour, textDecorationLine: 'underline' }}
      >
        {part}
      </NativeText>
    );
  });
}
