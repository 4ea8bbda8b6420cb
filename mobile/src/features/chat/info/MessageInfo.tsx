/** Whom an own message was for, and how far each of them got. It follows the receipts as they come. */
import type { MessageReceipts, MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useEffect, useState } from 'react';
import { FlatList, View } from 'react-native';
import { useClient } from '../../../sync/session';
import { Dialog } from '../../../ui/dialog';
import { Problem, SkeletonRows } from '../../../ui/layout';
import { Text } from '../../../ui/text';
import { space, useTheme } from '../../../ui/theme';
import { Ticks } from '../bubble/Ticks';
import { type InfoLine, infoLines } from './info-lines';
import { PersonLine } from './PersonLine';
import { useAsked } from './useAsked';

/** News of one moment are asked for once. */
const GATHER_MS = 1000;
const PAGES_MAX = 4;

export function MessageInfo({ message, onClose }: { message: MessageView; onClose: () => void }) {
  const client = useClient();
  const { conversationId, seq } = message;
  const news = useReceiptNews(conversationId);
  const { value, problem, again } = useAsked(async () => {
    const first = await client.messageReceipts(conversationId, seq);
    const items = [...first.items];
    let { nextCursor } = first;
    for (let page = 1; nextCursor !== undefined && page < PAGES_MAX; page++) {
      const more = await client.messageReceipts(conversationId, seq, nextCursor);
      items.push(...more.items);
      nextCursor = more.nextCursor;
    }
    return { ...first, items };
  }, `${seq} ${news}`);
  return (
    <Dialog title="Message info" onClose={onClose}>
      {problem !== '' && !value ? (
        <Problem text={problem} onAgain={again} />
      ) : value ? (
        <Readers receipts={value} />
      ) : (
        <View style={{ paddingBottom: space.xl }}>
          <SkeletonRows count={3} label="Loading who has read it" size={34} />
        </View>
      )}
    </Dialog>
  );
}

function Readers({ receipts }: { receipts: MessageReceipts }) {
  const { members, read, delivered } = receipts;
  return (
    <>
      <Text size="note" tone="muted" style={{ paddingHorizontal: space.l + space.xs, paddingBottom: space.s }}>
        {members === 0 ? 'Nobody else was here.' : `Read by ${read} of ${members}, delivered to ${delivered}`}
      </Text>
      <FlatList
        data={infoLines(receipts) as InfoLine[]}
        keyExtractor={({ key }) => key}
        style={{ flexShrink: 1 }}
        contentContainerStyle={{ paddingBottom: space.m }}
        renderItem={({ item }) =>
          item.kind === 'person' ? <PersonLine userId={item.userId} /> : <Heading status={item.status} />
        }
      />
    </>
  );
}

const TITLES = { read: 'Read', delivered: 'Delivered', sent: 'Not delivered yet' } as const;

function Heading({ status }: { status: keyof typeof TITLES }) {
  const theme = useTheme();
  return (
    <View
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.s,
        paddingHorizontal: space.l + space.xs,
        paddingTop: space.m,
        paddingBottom: space.xs,
      }}
    >
      {status === 'sent' ? (
        <View style={{ width: 18, alignItems: 'flex-end' }}>
          <Feather name="clock" size={13} color={theme.muted} />
        </View>
      ) : (
        <Ticks status={status} colour={theme.muted} readColour={theme.accentText} />
      )}
      <Text size="note" weight="600" tone="muted" accessibilityRole="header">
        {TITLES[status]}
      </Text>
    </View>
  );
}

/** Another number some time after receipts of a conversation came. */
function useReceiptNews(conversationId: string): number {
  const client = useClient();
  const [news, setNews] = useState(0);
  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined;
    const end = client.on('receipt', (receipt) => {
      if (receipt.conversationId !== conversationId) return;
      due ??= setTimeout(() => {
        due = undefined;
        setNews((before) => before + 1);
      }, GATHER_MS);
    });
    return () => {
      end();
      clearTimeout(due);
    };
  }, [client, conversationId]);
  return news;
}
