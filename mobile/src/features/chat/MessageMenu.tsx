/** What can be done with one message: beside the pointer, or from below on phones. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { Modal, Platform, Pressable, useWindowDimensions, View } from 'react-native';
import { useClient } from '../../sync/session';
import { type IconName, Row } from '../../ui/button';
import { Text } from '../../ui/text';
import { radius, space, useTheme, useWide } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import type { Place } from './Bubble';
import type { Quoted } from './Composer';

const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏'];
const WIDTH = 292;
const HEIGHT_MAX = 260;

export interface Opened {
  readonly message: MessageView;
  readonly place: Place | undefined;
}

export function MessageMenu({
  opened,
  onClose,
  onQuote,
  manages,
}: {
  opened: Opened | undefined;
  onClose: () => void;
  onQuote: (quoted: Quoted) => void;
  manages: boolean;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const wide = useWide();
  const { width, height } = useWindowDimensions();
  if (!opened || opened.message.deleted) return null;
  const { message, place } = opened;
  const { conversationId, seq, messageId, status } = message;
  const own = message.senderId === client.userId;
  const text = message.content?.text?.body ?? '';

  const done = (run: () => unknown) => () => {
    onClose();
    Promise.resolve(run()).catch((error: Error) => toast(error.message));
  };
  const item = (icon: IconName, label: string, run: () => unknown, danger = false) => (
    <Row role="menuitem" label={label} onPress={done(run)}>
      <Feather name={icon} size={18} color={danger ? theme.danger : theme.muted} />
      <Text tone={danger ? 'danger' : 'text'}>{label}</Text>
    </Row>
  );
  const copies = Platform.OS === 'web' && text !== '' && globalThis.navigator?.clipboard !== undefined;
  const at = place ?? { x: width / 2 - WIDTH / 2, y: height / 2 - HEIGHT_MAX / 2 };
  const popover = {
    position: 'absolute',
    left: Math.max(space.s, Math.min(at.x, width - WIDTH - space.s)),
    top: Math.max(space.s, Math.min(at.y, height - HEIGHT_MAX - space.s)),
    width: WIDTH,
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: theme.line,
  } as const;
  const sheet = {
    position: 'absolute',
    left: 0,
    right: 0,
    bottom: 0,
    paddingBottom: space.xl,
    borderTopLeftRadius: radius.l,
    borderTopRightRadius: radius.l,
  } as const;
  return (
    <Modal transparent animationType={wide ? 'none' : 'fade'} visible onRequestClose={onClose}>
      <Pressable
        accessibilityLabel="Close the menu"
        onPress={onClose}
        style={
          {
            flex: 1,
            backgroundColor: wide ? 'transparent' : theme.overlay,
            cursor: 'auto',
          } as object
        }
      />
      <View
        role="menu"
        style={{
          backgroundColor: theme.raised,
          paddingVertical: space.s,
          boxShadow: '0 8px 30px rgba(10, 15, 30, 0.22)',
          ...(wide ? popover : sheet),
        }}
      >
        {seq > 0 && (
          <View
            style={{
              flexDirection: 'row',
              justifyContent: 'space-between',
              paddingHorizontal: space.m,
              paddingBottom: space.xs,
            }}
          >
            {REACTIONS.map((emoji) => {
              const mine = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
              return (
                <Pressable
                  key={emoji}
                  accessibilityRole="button"
                  accessibilityLabel={mine ? `Take back ${emoji}` : `React with ${emoji}`}
                  onPress={done(() => client.react(conversationId, seq, emoji, mine))}
                  style={({ hovered }: { pressed: boolean; hovered?: boolean }) => ({
                    width: 40,
                    height: 40,
                    alignItems: 'center',
                    justifyContent: 'center',
                    borderRadius: radius.full,
                    backgroundColor: mine ? theme.selected : hovered ? theme.hover : 'transparent',
                  })}
                >
                  <Text size="large">{emoji}</Text>
                </Pressable>
              );
            })}
          </View>
        )}
        {seq > 0 && item('corner-up-left', 'Reply', () => onQuote({ message, mode: 'reply' }))}
        {copies && item('copy', 'Copy text', () => globalThis.navigator.clipboard.writeText(text))}
        {own && seq > 0 && text !== '' && item('edit-2', 'Edit', () => onQuote({ message, mode: 'edit' }))}
        {(own || manages) &&
          seq > 0 &&
          item('trash-2', 'Delete for everyone', () => client.deleteMessage(conversationId, seq), true)}
        {status === 'failed' && item('refresh-cw', 'Send again', () => client.resend(conversationId, messageId))}
        {status === 'failed' && item('x', 'Discard', () => client.discard(conversationId, messageId), true)}
      </View>
    </Modal>
  );
}
