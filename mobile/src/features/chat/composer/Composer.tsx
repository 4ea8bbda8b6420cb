/** Where a message is written: grows with its text; Enter sends where there is a keyboard, Shift+Enter breaks the line. */
import type { ConversationView, MessageView } from '@clatter/client';
import { useEffect, useRef, useState } from 'react';
import { type GestureResponderEvent, KeyboardAvoidingView, Platform, type TextInput, View } from 'react-native';
import { draftsOf, useDraft } from '../../../store/drafts';
import { useClient } from '../../../sync/session';
import { IconButton } from '../../../ui/button';
import { sentence } from '../../../ui/format';
import type { Place } from '../../../ui/place';
import { Text } from '../../../ui/text';
import { COLUMN, space, useTheme, useWide } from '../../../ui/theme';
import { MomentMenu } from '../../scheduled/MomentMenu';
import { Attach, type Attached } from '../attach/Attach';
import { GrowingInput } from './GrowingInput';
import { hasKeyboard, type Key, onComposerKey } from './keyboard';
import { MentionList } from './MentionList';
import { askedFor, found, type Mentionable, mentionsIn, withMention } from './mentions';
import { QuotedLine } from './QuotedLine';
import type { Quoted } from './quoted';
import { useMentionable } from './useMentionable';
import { useTypingSignal } from './useTypingSignal';

const TEXT_BYTES_MAX = 16_384;

export interface ComposerProps {
  readonly conversation: ConversationView;
  readonly quoted: Quoted | undefined;
  readonly onDone: () => void;
  readonly onSent: () => void;
  /** Arrow up in an empty field. */
  readonly onEditLast: () => void;
}

export function Composer({ conversation, quoted, onDone, onSent, onEditLast }: ComposerProps) {
  const theme = useTheme();
  const client = useClient();
  const { conversationId } = conversation;
  const wide = useWide();
  const drafts = draftsOf(client);
  const draft = useDraft(conversationId);
  // What is edited is no draft: the draft stays behind it.
  // It is there with the first drawing: words that are typed at once are none of the draft.
  const editing = quoted?.mode === 'edit' ? quoted.message : undefined;
  const [edited, setEdited] = useState<{ readonly of: MessageView; readonly text: string }>();
  const edit = editing && (edited?.of === editing ? edited.text : (editing.content?.text?.body ?? ''));
  const [focused, setFocused] = useState(false);
  const [problem, setProblem] = useState('');
  const [menu, setMenu] = useState<{ place: Place | undefined }>();
  const field = useRef<TextInput>(null);
  const signal = useTypingSignal(conversationId);
  const text = edit ?? draft;
  const body = text.trim();
  const people = useMentionable(conversation, text.includes('@'));
  const asked = askedFor(text);
  const offered = asked === undefined || !focused ? [] : found(people, asked);

  useEffect(() => {
    setProblem('');
    if (quoted || (wide && hasKeyboard())) field.current?.focus();
  }, [quoted, wide]);

  const change = (next: string): void => {
    setProblem('');
    if (editing) return setEdited({ of: editing, text: next });
    drafts.set(conversationId, next);
    signal.typed(next);
  };

  /** Whether it may be sent; says why not. */
  const fits = (): boolean => {
    if (new TextEncoder().encode(body).length <= TEXT_BYTES_MAX) return body !== '';
    setProblem('This message is too long: up to 16 KiB of text.');
    return false;
  };

  const sendAt = async (atMs: number): Promise<void> => {
    try {
      const said = { text: { body, mentions: mentionsIn(body, people) } };
      await client.schedule.send(conversationId, said, atMs, quoted ? { replyToSeq: quoted.message.seq } : {});
      drafts.set(conversationId, '');
      onDone();
    } catch (error) {
      setProblem(sentence((error as Error).message));
    }
  };

  const submit = (): void => {
    if (!fits()) return;
    const said = { text: { body, mentions: mentionsIn(body, people) } };
    if (quoted?.mode === 'edit')
      client
        .edit(conversationId, quoted.message.seq, said)
        .catch((error: Error) => setProblem(sentence(error.message)));
    else {
      client.send(conversationId, said, quoted ? { replyToSeq: quoted.message.seq } : {});
      drafts.set(conversationId, '');
      onSent();
    }
    signal.sent();
    onDone();
    if (hasKeyboard()) field.current?.focus();
  };

  const later = ({ nativeEvent }: GestureResponderEvent): void => {
    if (fits()) setMenu({ place: { x: nativeEvent.pageX, y: nativeEvent.pageY } });
  };

  const mention = (person: Mentionable): void => {
    change(withMention(text, person));
    field.current?.focus();
  };

  const attach = (content: Attached): void => {
    client.send(conversationId, content, quoted ? { replyToSeq: quoted.message.seq } : {});
    onSent();
    onDone();
  };

  const first = offered[0];
  const onKey = (event: Key): void =>
    onComposerKey(event, {
      // Enter takes the first of those who are offered.
      submit: first ? () => mention(first) : submit,
      leave: quoted && onDone,
      editLast: text === '' ? onEditLast : undefined,
    });

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
          {offered.length > 0 && <MentionList people={offered} onPick={mention} />}
          <View style={{ flexDirection: 'row', alignItems: 'flex-end', gap: space.s }}>
            {quoted?.mode !== 'edit' && <Attach onSend={attach} />}
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
                  signal.stopped();
                }}
              />
            </View>
            {body !== '' && quoted?.mode !== 'edit' && (
              <IconButton icon="clock" label="Send later" onPress={later} size={44} />
            )}
            <IconButton
              icon={quoted?.mode === 'edit' ? 'check' : 'arrow-up'}
              label={quoted?.mode === 'edit' ? 'Save' : 'Send'}
              filled
              disabled={body === ''}
              onPress={submit}
              onLongPress={quoted?.mode === 'edit' ? undefined : later}
              size={44}
            />
          </View>
          {menu && (
            <MomentMenu place={menu.place} onClose={() => setMenu(undefined)} onChoose={(atMs) => void sendAt(atMs)} />
          )}
        </View>
      </View>
    </KeyboardAvoidingView>
  );
}
