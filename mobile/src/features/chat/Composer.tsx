/** Where a message is written: grows with its text; Enter sends where there is a keyboard, Shift+Enter breaks the line. */
import Feather from '@expo/vector-icons/Feather';
import { useEffect, useRef, useState } from 'react';
import { Platform, TextInput, View } from 'react-native';
import { useClient } from '../../sync/session';
import { IconButton, Text } from '../../ui/controls';
import { direction } from '../../ui/format';
import { font, space, TWO_PANES, useTheme } from '../../ui/theme';

const TYPING_EVERY_MS = 3000;
const TEXT_BYTES_MAX = 16_384;
const LINE = 21;
const LINES_MAX = 6;

/** What is written, by conversation; kept while the app runs. */
const drafts = new Map<string, string>();

export interface Quoted {
  readonly seq: number;
  readonly text: string;
  readonly mode: 'reply' | 'edit';
}

export function Composer({
  conversationId,
  quoted,
  onDone,
  wide,
}: {
  conversationId: string;
  quoted: Quoted | undefined;
  onDone: () => void;
  wide: boolean;
}) {
  const theme = useTheme();
  const client = useClient();
  const [text, setText] = useState(drafts.get(conversationId) ?? '');
  const [height, setHeight] = useState(LINE);
  const [problem, setProblem] = useState('');
  const input = useRef<TextInput>(null);
  const typedAt = useRef(0);
  const body = text.trim();

  useEffect(() => {
    setText(drafts.get(conversationId) ?? '');
    setHeight(LINE);
    setProblem('');
    if (wide) input.current?.focus();
  }, [conversationId, wide]);

  useEffect(() => {
    if (!quoted) return;
    if (quoted.mode === 'edit') setText(quoted.text);
    input.current?.focus();
  }, [quoted]);

  const change = (next: string): void => {
    setText(next);
    setProblem('');
    drafts.set(conversationId, next);
    if (next === '') setHeight(LINE);
    const now = Date.now();
    if (next !== '' && now - typedAt.current > TYPING_EVERY_MS) {
      typedAt.current = now;
      client.typing(conversationId, 'TYPING');
    }
  };

  const submit = (): void => {
    if (body === '') return;
    if (new TextEncoder().encode(body).length > TEXT_BYTES_MAX)
      return setProblem('This message is too long: up to 16 KiB of text.');
    if (quoted?.mode === 'edit')
      client.edit(conversationId, quoted.seq, body).catch((error: Error) => setProblem(error.message));
    else client.send(conversationId, body, quoted ? { replyToSeq: quoted.seq } : {});
    typedAt.current = 0;
    change('');
    onDone();
  };

  return (
    <View
      style={{
        borderTopWidth: 1,
        borderTopColor: theme.line,
        backgroundColor: theme.surface,
        paddingHorizontal: space.m,
        paddingVertical: space.s,
      }}
    >
      <View style={{ width: '100%', maxWidth: 860, alignSelf: 'center' }}>
        {quoted && (
          <View
            style={{
              flexDirection: 'row',
              alignItems: 'center',
              gap: space.s,
              paddingBottom: space.s,
              paddingLeft: space.xs,
            }}
          >
            <Feather name={quoted.mode === 'edit' ? 'edit-2' : 'corner-up-left'} size={16} color={theme.accentText} />
            <Text size="note" tone="muted" numberOfLines={1} style={{ flex: 1 }}>
              {quoted.mode === 'edit' ? 'Edit message' : `Reply to “${quoted.text}”`}
            </Text>
            <IconButton
              icon="x"
              label="Cancel"
              size={28}
              onPress={() => {
                if (quoted.mode === 'edit') change('');
                onDone();
              }}
            />
          </View>
        )}
        {problem !== '' && (
          <Text size="small" tone="danger" accessibilityLiveRegion="polite" style={{ paddingBottom: space.xs }}>
            {problem}
          </Text>
        )}
        <View style={{ flexDirection: 'row', alignItems: 'flex-end', gap: space.s }}>
          <View
            style={{
              flex: 1,
              backgroundColor: theme.background,
              borderRadius: 22,
              borderWidth: 1,
              borderColor: theme.line,
              paddingHorizontal: space.l,
              paddingVertical: 10,
            }}
          >
            <TextInput
              ref={input}
              accessibilityLabel="Message"
              placeholder="Message"
              placeholderTextColor={theme.muted}
              value={text}
              onChangeText={change}
              multiline
              onContentSizeChange={(event) => setHeight(event.nativeEvent.contentSize.height)}
              onKeyPress={(event) => {
                const key = event.nativeEvent as unknown as { key: string; shiftKey?: boolean; isComposing?: boolean };
                if (
                  Platform.OS !== 'web' ||
                  key.key !== 'Enter' ||
                  key.shiftKey ||
                  key.isComposing ||
                  globalThis.innerWidth < TWO_PANES
                )
                  return;
                event.preventDefault();
                submit();
              }}
              onBlur={() => {
                if (typedAt.current > 0) client.typing(conversationId, 'NONE');
                typedAt.current = 0;
              }}
              style={
                {
                  height: Math.min(LINES_MAX * LINE, Math.max(LINE, height)),
                  fontSize: font.body,
                  lineHeight: LINE,
                  color: theme.text,
                  writingDirection: direction(text),
                  padding: 0,
                  outlineStyle: 'none',
                  resize: 'none',
                } as never
              }
            />
          </View>
          <IconButton
            icon={quoted?.mode === 'edit' ? 'check' : 'send'}
            label="Send"
            filled
            disabled={body === ''}
            onPress={submit}
            size={44}
          />
        </View>
      </View>
    </View>
  );
}
