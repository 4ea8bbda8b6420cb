/** What can be done with one message. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { Modal, Pressable, View } from 'react-native';
import { useClient } from '../../sync/session';
import { type IconName, Row, Text } from '../../ui/controls';
import { radius, space, useTheme } from '../../ui/theme';
import type { Quoted } from './Composer';

const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

export function MessageMenu({
  message,
  onClose,
  onQuote,
  manages,
}: {
  message: MessageView | undefined;
  onClose: () => void;
  onQuote: (quoted: Quoted) => void;
  manages: boolean;
}) {
  const theme = useTheme();
  const client = useClient();
  if (!message || message.deleted) return null;
  const { conversationId, seq, messageId } = message;
  const own = message.senderId === client.userId;
  const text = message.content?.text?.body ?? '';
  const done = (run: () => unknown) => () => {
    onClose();
    Promise.resolve(run()).catch(() => undefined);
  };
  const item = (icon: IconName, label: string, run: () => unknown, danger = false) => (
    <Row label={label} onPress={done(run)}>
      <Feather name={icon} size={18} color={danger ? theme.danger : theme.muted} />
      <Text tone={danger ? 'danger' : 'text'}>{label}</Text>
    </Row>
  );
  return (
    <Modal transparent animationType="fade" visible onRequestClose={onClose}>
      <Pressable
        accessibilityLabel="Close the menu"
        onPress={onClose}
        style={{
          flex: 1,
          backgroundColor: theme.overlay,
          alignItems: 'center',
          justifyContent: 'center',
          padding: space.l,
        }}
      >
        <View
          style={{
            width: '100%',
            maxWidth: 340,
            backgroundColor: theme.raised,
            borderRadius: radius.l,
            paddingVertical: space.s,
          }}
        >
          {seq > 0 && (
            <View
              style={{
                flexDirection: 'row',
                justifyContent: 'space-between',
                paddingHorizontal: space.l,
                paddingVertical: space.s,
              }}
            >
              {REACTIONS.map((emoji) => {
                const mine = message.reactions.find((reaction) => reaction.emoji === emoji)?.mine ?? false;
                return (
                  <Pressable
                    key={emoji}
                    accessibilityRole="button"
                    accessibilityLabel={mine ? `Take back ${emoji}` : `React with ${emoji}`}
                    onPress={done(() => client.react(conversationId, seq, emoji, mine))}
                    style={{
                      padding: 6,
                      borderRadius: radius.full,
                      backgroundColor: mine ? theme.selected : 'transparent',
                    }}
                  >
                    <Text size="large">{emoji}</Text>
                  </Pressable>
                );
              })}
            </View>
          )}
          {seq > 0 && item('corner-up-left', 'Reply', () => onQuote({ seq, text, mode: 'reply' }))}
          {text !== '' && item('copy', 'Copy text', () => globalThis.navigator?.clipboard?.writeText(text))}
          {own && seq > 0 && text !== '' && item('edit-2', 'Edit', () => onQuote({ seq, text, mode: 'edit' }))}
          {(own || manages) &&
            seq > 0 &&
            item('trash-2', 'Delete for everyone', () => client.deleteMessage(conversationId, seq), true)}
          {message.status === 'failed' &&
            item('refresh-cw', 'Send again', () => client.resend(conversationId, messageId))}
          {message.status === 'failed' && item('x', 'Discard', () => client.discard(conversationId, messageId), true)}
        </View>
      </Pressable>
    </Modal>
  );
}
