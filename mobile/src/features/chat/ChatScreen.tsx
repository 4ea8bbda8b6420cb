/** One conversation: its lines, newest at the bottom, and where the next is written. */
import type { MessageView } from '@clatter/client';
import { useMemo, useRef, useState } from 'react';
import { View } from 'react-native';
import { useConversation, useTimeline } from '../../store/conversations';
import { useClient } from '../../sync/session';
import { useTheme, useWide } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { ConnectionBanner } from '../conversations/ConnectionBanner';
import type { BubbleActs } from './bubble/acts';
import { ChatFoot } from './ChatFoot';
import { ChatHeader } from './ChatHeader';
import { ChatLine } from './ChatLine';
import type { Quoted } from './composer/quoted';
import { MessageDialogs, type Shown } from './info/MessageDialogs';
import { Lines, type LinesHandle } from './lines/Lines';
import { linesOf } from './lines/lines';
import { ForwardPicker } from './menu/ForwardPicker';
import { MessageMenu, type Opened } from './menu/MessageMenu';
import { NoSuchChat } from './NoSuchChat';
import { TypingBubble } from './notes/TypingBubble';
import { PinnedBar } from './PinnedBar';
import { useJump } from './useJump';

import { useReading } from './useReading';

export function ChatScreen({
  conversationId,
  onBack,
  onDetails,
  onHidden,
  onChat,
}: {
  conversationId: string;
  onBack: () => void;
  onDetails: () => void;
  onHidden: () => void;
  /** Always the same function. */
  onChat: (conversationId: string) => void;
}) {
  const theme = useTheme();
  const wide = useWide();
  const client = useClient();
  const toast = useToast();
  const conversation = useConversation(conversationId);
  const entries = useTimeline(conversationId);
  const [quoted, setQuoted] = useState<Quoted>();
  const [opened, setOpened] = useState<Opened>();
  const [shown, setShown] = useState<Shown>();
  const list = useRef<LinesHandle>(null);
  const { jump, litSeq } = useJump(conversationId, list);
  const [forwarding, setForwarding] = useState<MessageView>();
  const [atEnd, setAtEnd] = useState(true);
  const { unreadAfter, forget } = useReading(conversationId, conversation?.headSeq ?? 0, atEnd);
  const ownId = client.userId;

  const lines = useMemo(() => linesOf(entries, unreadAfter, ownId), [entries, unreadAfter, ownId]);
  const bySeq = useMemo(() => {
    const found = new Map<number, MessageView>();
    for (const entry of entries) if (entry.kind === 'message') found.set(entry.message.seq, entry.message);
    return found;
  }, [entries]);

  const acts = useMemo<BubbleActs>(
    () => ({
      menu: (message, place) => setOpened({ message, place }),
      vote: (message, options) => {
        client.vote(conversationId, message.seq, options).catch((error: Error) => toast(error.message));
      },
      reply: (message) => setQuoted({ message, mode: 'reply' }),
      jump: (seq) => void jump(seq),
      person: (userId) => {
        client.openDirect(userId).then(
          (direct) => onChat(direct.conversationId),
          (error: Error) => toast(error.message),
        );
      },
      whoReacted: (message) => setShown({ what: 'reactions', message }),
      react: (message, emoji, remove) => {
        client.react(conversationId, message.seq, emoji, remove).catch((error: Error) => toast(error.message));
      },
    }),
    [client, conversationId, jump, onChat, toast],
  );
  const onEditLast = (): void => {
    const last = entries.findLast(
      (entry) => entry.kind === 'message' && entry.message.senderId === ownId && entry.message.seq > 0,
    );
    if (last?.kind === 'message' && !last.message.deleted && last.message.content?.text)
      setQuoted({ message: last.message, mode: 'edit' });
  };

  if (!conversation) return <NoSuchChat onBack={wide ? undefined : onBack} />;

  const group = conversation.kind !== 'direct';
  const manages = conversation.role === 'owner' || conversation.role === 'admin';
  const mayPin = conversation.role !== 'none' && (!group || manages || conversation.settings?.pinRole === 'member');
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <ChatHeader
        conversation={conversation}
        onBack={wide ? undefined : onBack}
        onDetails={onDetails}
        onHidden={onHidden}
      />
      {!wide && <ConnectionBanner />}
      <PinnedBar conversation={conversation} mayUnpin={mayPin} onJump={acts.jump} />
      <Lines
        ref={list}
        conversationId={conversationId}
        lines={lines}
        unread={conversation.unread}
        render={(line) => (
          <ChatLine key={line.key} line={line} ownId={ownId} group={group} bySeq={bySeq} litSeq={litSeq} acts={acts} />
        )}
        end={<TypingBubble conversationId={conversationId} group={group} />}
        onAtEnd={setAtEnd}
      />
      <ChatFoot
        conversation={conversation}
        quoted={quoted}
        onDone={() => setQuoted(undefined)}
        onSent={forget}
        onEditLast={onEditLast}
      />
      <MessageMenu
        opened={opened}
        conversation={conversation}
        onClose={() => setOpened(undefined)}
        onQuote={setQuoted}
        onShow={setShown}
        onForward={setForwarding}
        pinned={mayPin ? conversation.pinnedSeqs : undefined}
      />
      <MessageDialogs
        shown={shown}
        message={shown && bySeq.get(shown.message.seq)}
        onReact={acts.react}
        onClose={() => setShown(undefined)}
      />
      <ForwardPicker message={forwarding} onClose={() => setForwarding(undefined)} />
    </View>
  );
}
