/** What one is to send later: when, where, and what may be done with it before it goes. */
import { contentSummary } from '@clatter/client';
import { useState } from 'react';
import { ScrollView, View } from 'react-native';
import { useConversation, useTitle } from '../../store/conversations';
import { type ScheduledItem, useScheduled } from '../../store/scheduled';
import { useClient } from '../../sync/session';
import { IconButton } from '../../ui/button';
import { Bar, Card, Empty } from '../../ui/layout';
import type { Place } from '../../ui/place';
import { Text } from '../../ui/text';
import { FORM, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { MomentMenu } from './MomentMenu';
import { momentName } from './times';

export function ScheduledScreen({ onBack }: { onBack: () => void }) {
  const theme = useTheme();
  const items = useScheduled();
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Bar title="Scheduled messages" onBack={onBack} />
      {items.length === 0 ? (
        <Empty
          icon="clock"
          title="Nothing is scheduled"
          text="Write a message, and hold or press the clock beside it to send it later."
        />
      ) : (
        <ScrollView contentContainerStyle={{ padding: space.l, paddingVertical: space.xl, alignItems: 'center' }}>
          <View style={{ width: '100%', maxWidth: FORM, gap: space.l }}>
            {items.map((item) => (
              <Scheduled key={item.messageId} item={item} />
            ))}
          </View>
        </ScrollView>
      )}
    </View>
  );
}

function Scheduled({ item }: { item: ScheduledItem }) {
  const client = useClient();
  const toast = useToast();
  const { title } = useTitle(useConversation(item.conversationId));
  const [menu, setMenu] = useState<{ place: Place | undefined }>();
  const { messageId, status, sendAtMs, reason } = item;
  const failed = (error: Error): void => toast(error.message);
  const isFixed = status === 'SENDING';
  const state = status === 'FAILED' ? `Not sent: ${whyNot(reason)}` : isFixed ? 'Is being sent' : momentName(sendAtMs);
  return (
    <Card>
      <View style={{ gap: 4 }}>
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
          <View style={{ flex: 1, minWidth: 0 }}>
            <Text weight="600" numberOfLines={1} style={{ textAlign: 'left' }}>
              {title || ' '}
            </Text>
            <Text size="small" tone={status === 'FAILED' ? 'danger' : 'muted'}>
              {state}
            </Text>
          </View>
          <IconButton
            icon="clock"
            label="Another time"
            disabled={isFixed}
            onPress={({ nativeEvent }) => setMenu({ place: { x: nativeEvent.pageX, y: nativeEvent.pageY } })}
          />
          <IconButton
            icon="trash-2"
            label="Take it back"
            disabled={isFixed}
            onPress={() => void client.schedule.cancel(messageId).catch(failed)}
          />
        </View>
        <Text style={{ textAlign: 'left' }} numberOfLines={6}>
          {item.content ? contentSummary(item.content) : ''}
        </Text>
      </View>
      {menu && (
        <MomentMenu
          place={menu.place}
          onClose={() => setMenu(undefined)}
          onChoose={(atMs) => void client.schedule.change(messageId, { sendAtMs: atMs }).catch(failed)}
        />
      )}
    </Card>
  );
}

function whyNot(reason: string | undefined): string {
  if (reason === 'NOT_A_MEMBER' || reason === 'NOT_FOUND') return 'you are no longer a member of this chat';
  if (reason === 'FORBIDDEN') return 'only admins can send messages there';
  return 'it was refused';
}
