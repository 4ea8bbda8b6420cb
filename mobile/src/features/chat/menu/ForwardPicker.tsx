/** Where a message is passed on to. */
import type { ConversationView, MessageView } from '@clatter/client';
import { useState } from 'react';
import { Modal, Pressable, ScrollView, View } from 'react-native';
import { useConversations, useTitle } from '../../../store/conversations';
import { useClient } from '../../../sync/session';
import { Avatar } from '../../../ui/avatar';
import { IconButton, Row } from '../../../ui/button';
import { Field } from '../../../ui/field';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';
import { useToast } from '../../../ui/toast';

export function ForwardPicker({ message, onClose }: { message: MessageView | undefined; onClose: () => void }) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const conversations = useConversations();
  const [filter, setFilter] = useState('');
  if (!message) return null;
  const source = { conversationId: message.conversationId, seq: message.seq };
  const send = (conversationId: string): void => {
    client.forward(conversationId, source).acked.catch((error: Error) => toast(error.message));
    toast('Forwarded');
    onClose();
  };
  return (
    <Modal transparent animationType="fade" visible onRequestClose={onClose}>
      <View style={{ flex: 1, alignItems: 'center', justifyContent: 'center', padding: space.l }}>
        <Pressable
          accessibilityLabel="Close"
          tabIndex={-1}
          onPress={onClose}
          style={{ position: 'absolute', top: 0, bottom: 0, left: 0, right: 0, backgroundColor: theme.overlay }}
        />
        <View
          role="dialog"
          aria-label="Forward to"
          style={{
            width: '100%',
            maxWidth: 420,
            maxHeight: '80%',
            backgroundColor: theme.raised,
            borderRadius: radius.l,
            paddingBottom: space.m,
          }}
        >
          <View style={{ flexDirection: 'row', alignItems: 'center', padding: space.m, paddingLeft: space.l }}>
            <Text size="title" weight="600" style={{ flex: 1, textAlign: 'left' }}>
              Forward to
            </Text>
            <IconButton icon="x" label="Close" size={36} onPress={onClose} />
          </View>
          <View style={{ paddingHorizontal: space.l, paddingBottom: space.s }}>
            <Field label="Find a chat" value={filter} onChangeText={setFilter} />
          </View>
          <ScrollView keyboardShouldPersistTaps="handled">
            {conversations
              .filter(({ role }) => role !== 'none')
              .map((conversation) => (
                <Target
                  key={conversation.conversationId}
                  conversation={conversation}
                  filter={filter.trim().toLowerCase()}
                  onPress={() => send(conversation.conversationId)}
                />
              ))}
          </ScrollView>
        </View>
      </View>
    </Modal>
  );
}

function Target({
  conversation,
  filter,
  onPress,
}: {
  conversation: ConversationView;
  filter: string;
  onPress: () => void;
}) {
  const { title, peerId, self } = useTitle(conversation);
  if (!title.toLowerCase().includes(filter)) return null;
  return (
    <Row label={`Forward to ${title}`} onPress={onPress}>
      <Avatar
        id={peerId ?? conversation.conversationId}
        name={title}
        group={conversation.kind !== 'direct'}
        self={self}
        size={40}
      />
      <Text weight="500" numberOfLines={1} style={{ flex: 1, textAlign: 'left' }}>
        {title || ' '}
      </Text>
    </Row>
  );
}
