/** Who gave which reaction to a message; one's own are taken back here. */
import type { GivenReaction, MessageView } from '@clatter/client';
import { useState } from 'react';
import { FlatList, Pressable, ScrollView, View } from 'react-native';
import { useClient } from '../../../sync/session';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Problem, SkeletonRows } from '../../../ui/layout';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';
import { PersonLine } from './PersonLine';
import { useAsked } from './useAsked';

const PAGES_MAX = 4;

export function ReactionsDialog({
  message,
  onRemove,
  onClose,
}: {
  message: MessageView;
  onRemove: (emoji: string) => void;
  onClose: () => void;
}) {
  const client = useClient();
  const { conversationId, seq, reactions } = message;
  const [chosen, setChosen] = useState('');
  const { value, problem, again } = useAsked(
    async () => {
      const found: GivenReaction[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < PAGES_MAX; page++) {
        const { items, nextCursor } = await client.messageReactions(conversationId, seq, cursor);
        found.push(...items);
        cursor = nextCursor;
        if (cursor === undefined) break;
      }
      return found;
    },
    `${seq} ${reactions.map(({ emoji, count }) => `${emoji}${count}`).join()}`,
  );
  const total = reactions.reduce((sum, { count }) => sum + count, 0);
  // What was chosen may be gone by now.
  const emoji = reactions.some((reaction) => reaction.emoji === chosen) ? chosen : '';
  const shown = (value ?? []).filter((given) => emoji === '' || given.emoji === emoji);
  return (
    <Dialog title="Reactions" onClose={onClose}>
      <ScrollView
        horizontal
        role="tablist"
        showsHorizontalScrollIndicator={false}
        style={{ flexGrow: 0, flexShrink: 0 }}
        contentContainerStyle={{ gap: space.xs, paddingHorizontal: space.l, paddingBottom: space.s }}
      >
        <Tab label={`All ${total}`} chosen={emoji === ''} onPress={() => setChosen('')} />
        {reactions.map((reaction) => (
          <Tab
            key={reaction.emoji}
            label={`${reaction.emoji} ${reaction.count}`}
            chosen={emoji === reaction.emoji}
            onPress={() => setChosen(reaction.emoji)}
          />
        ))}
      </ScrollView>
      {problem !== '' && !value ? (
        <Problem text={problem} onAgain={again} />
      ) : value ? (
        <FlatList
          data={shown}
          keyExtractor={(given) => `${given.emoji} ${given.userId}`}
          style={{ flexShrink: 1 }}
          contentContainerStyle={{ paddingBottom: space.m }}
          renderItem={({ item }) => (
            <PersonLine userId={item.userId}>
              {item.userId === client.userId && (
                <Button label="Take back" kind="plain" onPress={() => onRemove(item.emoji)} />
              )}
              <Text size="title">{item.emoji}</Text>
            </PersonLine>
          )}
        />
      ) : (
        <View style={{ paddingBottom: space.xl }}>
          <SkeletonRows count={3} label="Loading who reacted" size={34} />
        </View>
      )}
    </Dialog>
  );
}

function Tab({ label, chosen, onPress }: { label: string; chosen: boolean; onPress: () => void }) {
  const theme = useTheme();
  return (
    <Pressable
      role="tab"
      aria-selected={chosen}
      aria-label={label}
      onPress={onPress}
      style={{
        height: 36,
        paddingHorizontal: 14,
        borderRadius: radius.full,
        alignItems: 'center',
        justifyContent: 'center',
        backgroundColor: chosen ? theme.selected : 'transparent',
      }}
    >
      <Text size="note" weight="600" tone={chosen ? 'accentText' : 'muted'}>
        {label}
      </Text>
    </Pressable>
  );
}
