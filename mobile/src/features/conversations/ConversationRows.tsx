/** The rows of the list: those of the archive or the others, or of all those that are searched for; and what stands there where there are none. */
import type { ConversationView } from '@clatter/client';
import { useState } from 'react';
import { FlatList } from 'react-native';
import { useConversations } from '../../store/conversations';
import { useClient, useSession } from '../../sync/session';
import { Button } from '../../ui/button';
import { Empty, SkeletonRows } from '../../ui/layout';
import type { Place } from '../../ui/place';
import { space } from '../../ui/theme';
import { ArchiveRow } from './ArchiveRow';
import { ChatMenu } from './ChatMenu';
import { ConversationRow } from './ConversationRow';
import { useFound } from './useFound';

export interface ConversationListProps {
  readonly selectedId?: string | undefined;
  readonly onOpen: (conversationId: string) => void;
  /** The chat that was looked at is in no list any more. */
  readonly onHidden: (conversationId: string) => void;
  readonly onNewChat: () => void;
  readonly onSettings: () => void;
  readonly onArchive: () => void;
  /** It is the archive that is shown: the way back. */
  readonly onBack?: (() => void) | undefined;
}

interface Opened {
  readonly conversationId: string;
  readonly title: string;
  readonly place: Place | undefined;
}

export function ConversationRows({
  query,
  selectedId,
  onOpen,
  onHidden,
  onNewChat,
  onArchive,
  onBack,
}: ConversationListProps & { query: string }) {
  const client = useClient();
  const { connection } = useSession();
  const all = useConversations();
  const found = useFound(all, query);
  const [opened, setOpened] = useState<Opened>();
  const inArchive = onBack !== undefined;
  const searching = query.trim() !== '';
  const archived = all.filter((one) => one.archived);
  // What is searched for may be in the archive.
  const shown = searching && !inArchive ? found : found.filter((one) => one.archived === inArchive);
  const open = (conversation: ConversationView): void => {
    const { conversationId, markedUnread } = conversation;
    // That of the chat which is open already is taken back by nothing else.
    if (markedUnread) client.setFlags(conversationId, { markedUnread: false }).catch(() => undefined);
    onOpen(conversationId);
  };
  // As it is now: a mute may end while the menu is open.
  const menuOf = opened && all.find(({ conversationId }) => conversationId === opened.conversationId);
  const none = shown.length === 0;
  const withArchiveRow = !inArchive && !searching && archived.length > 0;
  if (none && !searching && !withArchiveRow) {
    if (connection !== 'live' && all.length === 0) return <SkeletonRows count={6} label="Loading chats" />;
    if (inArchive)
      return (
        <Empty
          icon="archive"
          title="The archive is empty"
          text="Chats that you archive wait here until somebody writes."
        />
      );
    return (
      <Empty icon="message-circle" title="No chats yet" text="Find somebody by name, and say hello.">
        <Button label="Start a chat" icon="edit" onPress={onNewChat} />
      </Empty>
    );
  }
  if (none && searching)
    return <Empty icon="search" title="No chat found" text={`No chat’s name has “${query.trim()}” in it.`} />;
  return (
    <>
      <FlatList
        data={shown as ConversationView[]}
        keyExtractor={(item) => item.conversationId}
        initialNumToRender={16}
        keyboardShouldPersistTaps="handled"
        contentContainerStyle={{ paddingVertical: space.xs }}
        extraData={selectedId}
        ListHeaderComponent={withArchiveRow ? <ArchiveRow archived={archived} onPress={onArchive} /> : null}
        renderItem={({ item }) => (
          <ConversationRow
            conversation={item}
            selected={item.conversationId === selectedId}
            onPress={() => open(item)}
            onMenu={(title, place) => setOpened({ conversationId: item.conversationId, title, place })}
          />
        )}
      />
      {opened && menuOf && (
        <ChatMenu
          conversation={menuOf}
          title={opened.title}
          place={opened.place}
          onClose={() => setOpened(undefined)}
          onHidden={() => onHidden(opened.conversationId)}
        />
      )}
    </>
  );
}
