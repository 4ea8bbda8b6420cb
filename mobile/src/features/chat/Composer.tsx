/** Where a message is written: grows with its text; Enter sends where there is a keyboard, Shift+Enter breaks the line. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useEffect, useRef, useState } from 'react';
import { KeyboardAvoidingView, Platform, type TextInput, View } from 'react-native';
import { draftsOf, useDraft } from '../../store/drafts';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { IconButton } from '../../ui/button';
import { sentence } from '../../ui/format';
import { Text } from '../../ui/text';
import { COLUMN, space, useTheme, useWide } from '../../ui/theme';
import { inOneLine } from '../conversations/snippet';
import { GrowingInput } from './GrowingInput';

const TYPING_EVERY_MS = 3000;
const TEXT_BYTES_MAX = 16_384;

/** A message that is answered, or written anew. */
export interface Quoted {
  readonly message: MessageView;
  readonly mode: 'reply' | 'edit';
}

/** Fingers have no Shift: on their devices Enter breaks the line. */
const hasKeyboard = (): boolean =>
  Platform.OS === 'web' && globalThis.matchMedia('(hover: hover) and (pointer: fine)').matches;

export function Composer({
  conversationId,
  quoted,
  onDone,
  onSent,
  onEditLast,
}: {
  conversationId: string;
  quoted: Quoted | undefined;
  onDone: () => void;
  onSent: () => void;
  /** Arrow up in an empty field. */
  onEditLast: () => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const wide = useWide();
  const drafts = draftsOf(client);
  const draft = useDraft(conversationId);
  // What is edited is no draft: the draft stays behind it.
  const [edit, setEdit] = useState<string>();
  const [focused, setFocused] = useState(false);
  const [problem, setProblem] = useState('');
  const field = useRef<TextInput>(null);
  const typedAt = useRef(0);
  const text = edit ?? draft;
  const body = text.trim();

  useEffect(() => {
    setEdit(quoted?.mode === 'edit' ? (quoted.message.content?.text?.body ?? '') : undefined);
    setProblem('');
    if (quoted || (wide && hasKeyboard())) field.current?.focus();
  }, [quoted, wide]);

  const change = (next: string): void => {
    setProblem('');
    if (edit !== undefined) return setEdit(next);
    drafts.set(conversationId, next);
    const now = Date.now();
    if (next === '' || now - typedAt.current < TYPING_EVERY_MS) return;
    typedAt.current = now;
    client.typing(conversationId, 'TYPING');
  };

  const submit = (): void => {
    if (body === '') return;
    if (new TextEncoder().encode(body).length > TEXT_BYTES_MAX)
      return setProblem('This message is too long: up to 16 KiB of text.');
    if (quoted?.mode === 'edit')
      client
        .edit(conversationId, quoted.message.seq, body)
        .catch((error: Error) => setProblem(sentence(error.message)));
    else {
      client.send(conversationId, body, quoted ? { replyToSeq: quoted.message.seq } : {});
      drafts.set(conversationId, '');
      onSent();
    }
    typedAt.current = 0;
    onDone();
    if (hasKeyboard()) field.current?.focus();
  };

  const onKey = (event: { preventDefault(): void; nativeEvent: object }): void => {
    const { key, shiftKey, isComposing } = event.nativeEvent as {
      key: string;
      shiftKey?: boolean;
      isComposing?: boolean;
    };
    if (isComposing) return;
    if (key === 'Escape' && quoted) return onDone();
    if (key === 'ArrowUp' && text === '' && hasKeyboard()) {
      event.preventDefault();
      return onEditLast();
    }
    if (key !== 'Enter' || shiftKey || !hasKeyboard()) return;
    event.preventDefault();
    submit();
  };

  return (
    <KeyboardAvoidingView behavior={Platform.OS === 'ios' ? 'padding' : undefined}>
      <View
        style={{
          borderTopWidth: 1,
          borderTopColor: theme.line,
          backgroundColor: theme.surface,
          paddingHorizontal: wide ? space.xl : space.m,
          paddingVertical: 10,
        }}
      >
        <View style={{ width: '100%', maxWidth: COLUMN, alignSelf: 'center', gap: space.s }}>
          {quoted && <QuotedLine quoted={quoted} onCancel={onDone} />}
          {problem !== '' && (
            <Text size="small" tone="danger" accessibilityLiveRegion="polite">
              {problem}
            </Text>
          )}
          <View style={{ flexDirection: 'row', alignItems: 'flex-end', gap: space.s }}>
            <View
              style={{
                flex: 1,
                minWidth: 0,
                backgroundColor: theme.well,
                borderRadius: 22,
                borderWidth: 1.5,
                borderColor: focused ? theme.focus : theme.well,
                paddingHorizontal: space.l,
                paddingVertical: 10,
              }}
            >
              <GrowingInput
                field={field}
                accessibilityLabel="Message"
                placeholder="Message"
                value={text}
                onChangeText={change}
                onKeyPress={onKey}
                onFocus={() => setFocused(true)}
                onBlur={() => {
                  setFocused(false);
                  if (typedAt.current > 0) client.typing(conversationId, 'NONE');
                  typedAt.current = 0;
                }}
              />
            </View>
            <IconButton
              icon={quoted?.mode === 'edit' ? 'check' : 'arrow-up'}
              label={quoted?.mode === 'edit' ? 'Save' : 'Send'}
              filled
              disabled={body === ''}
              onPress={submit}
              size={44}
            />
          </View>
        </View>
      </View>
    </KeyboardAvoidingView>
  );
}

function QuotedLine({ quoted, onCancel }: { quoted: Quoted; onCancel: () => void }) {
  const theme = useTheme();
  const client = useClient();
  const sender = useUser(quoted.message.senderId);
  const editing = quoted.mode === 'edit';
  const name = quoted.message.senderId === client.userId ? 'yourself' : (sender?.displayName ?? 'somebody');
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, paddingLeft: space.xs }}>
      <Feather name={editing ? 'edit-2' : 'corner-up-left'} size={18} color={theme.accentText} />
      <View style={{ flex: 1, minWidth: 0, borderLeftWidth: 2, borderLeftColor: theme.accent, paddingLeft: space.s }}>
        <Text size="small" weight="600" tone="accentText" numberOfLines={1}>
          {editing ? 'Edit message' : `Reply to ${name}`}
        </Text>
        <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
          {inOneLine(quoted.message)}
        </Text>
      </View>
      <IconButton icon="x" label="Cancel" size={32} onPress={onCancel} />
    </View>
  );
}
