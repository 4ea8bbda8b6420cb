/** The pinned messages of a conversation, under its header: the newest, and all of them when one asks. A press shows the message. */
import type { ConversationView, Pin } from '@clatter/client';
import { contentSummary } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useEffect, useState } from 'react';
import { Pressable, View } from 'react-native';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { IconButton } from '../../ui/button';
import { Text } from '../../ui/text';
import { space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';

export function PinnedBar({
  conversation,
  mayUnpin,
  onJump,
}: {
  conversation: ConversationView;
  mayUnpin: boolean;
  /** Shows a message where it stands. */
  onJump: (seq: number) => void;
}) {
  const theme = useTheme();
  const client = useClient();
  const { conversationId, pinnedSeqs, headSeq } = conversation;
  const [pins, setPins] = useState<readonly Pin[]>([]);
  const [open, setOpen] = useState(false);
  const seqs = pinnedSeqs.join();
  // An edit of a pinned message is an event too: it is read again with what it says now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is pinned, and what happened, decide when it is read
  useEffect(() => {
    if (seqs === '') return setPins([]);
    let wanted = true;
    client.pins(conversationId).then(
      (now) => wanted && setPins(now),
      // Without a line what was read before stays.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [client, conversationId, seqs, seqs === '' ? 0 : headSeq]);
  const shown = pins.filter(({ seq }) => pinnedSeqs.includes(seq)).toReversed();
  if (shown.length === 0) return null;
  return (
    <View
      role="region"
      aria-label="Pinned messages"
      style={{ backgroundColor: theme.surface, borderBottomWidth: 1, borderBottomColor: theme.line }}
    >
      {(open ? shown : shown.slice(0, 1)).map((pin, index) => (
        <Pinned
          key={pin.seq}
          pin={pin}
          more={index === 0 ? shown.length - 1 : 0}
          open={open}
          onPress={() => onJump(pin.seq)}
          onMore={() => setOpen(!open)}
          mayUnpin={mayUnpin}
        />
      ))}
    </View>
  );
}

function Pinned({
  pin,
  more,
  open,
  onPress,
  onMore,
  mayUnpin,
}: {
  pin: Pin;
  more: number;
  open: boolean;
  onPress: () => void;
  onMore: () => void;
  mayUnpin: boolean;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const sender = useUser(pin.event?.senderId);
  const words = (contentSummary(pin.event?.message?.content) ?? 'Message').replace(/\s+/g, ' ').slice(0, 160);
  const conversationId = pin.event?.conversationId ?? '';
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', paddingRight: space.s, minHeight: 50 }}>
      <Pressable
        accessibilityRole="button"
        accessibilityLabel={`Pinned: ${words}`}
        onPress={onPress}
        style={{
          flex: 1,
          minWidth: 0,
          flexDirection: 'row',
          alignItems: 'center',
          gap: space.m,
          paddingHorizontal: space.l,
          paddingVertical: 6,
        }}
      >
        <Feather name="bookmark" size={16} color={theme.accentText} />
        <View style={{ flex: 1, minWidth: 0 }}>
          <Text size="small" weight="600" tone="accentText" numberOfLines={1} style={{ textAlign: 'left' }}>
            {sender?.displayName ?? 'Pinned message'}
          </Text>
          <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
            {words}
          </Text>
        </View>
      </Pressable>
      {more > 0 && (
        <IconButton
          icon={open ? 'chevron-up' : 'chevron-down'}
          label={open ? 'Fewer pinned messages' : `${more} more pinned ${more === 1 ? 'message' : 'messages'}`}
          size={32}
          onPress={onMore}
        />
      )}
      {mayUnpin && (
        <IconButton
          icon="x"
          label="Unpin"
          size={32}
          onPress={() => void client.unpin(conversationId, pin.seq).catch((error: Error) => toast(error.message))}
        />
      )}
    </View>
  );
}
