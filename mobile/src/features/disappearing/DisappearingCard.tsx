/** Sets after how long messages of a chat disappear. For whoever may: both people of a direct chat; admins and the owner of a group. */
import type { ConversationView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { Pressable, View } from 'react-native';
import { useClient } from '../../sync/session';
import { Card } from '../../ui/layout';
import { Text } from '../../ui/text';
import { radius, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { PERIODS, periodName } from './periods';

export function DisappearingCard({ conversation }: { conversation: ConversationView }) {
  const client = useClient();
  const toast = useToast();
  const { conversationId, kind, role } = conversation;
  const seconds = conversation.settings?.disappearAfterSeconds ?? 0;
  const [wanted, setWanted] = useState<number>();
  const manages = kind === 'direct' || role === 'owner' || role === 'admin';
  if (role === 'none' || (!manages && seconds === 0)) return null;
  const choices = PERIODS.includes(seconds) ? PERIODS : [...PERIODS, seconds].sort((a, b) => a - b);
  const choose = async (next: number): Promise<void> => {
    setWanted(next);
    try {
      await client.setDisappearing(conversationId, next);
    } catch (error) {
      toast((error as Error).message);
    }
    setWanted(undefined);
  };
  return (
    <Card title="Disappearing messages">
      <Text tone="muted">
        {manages
          ? 'New messages go away for everybody, this long after they were sent. Those that are here stay.'
          : `New messages go away for everybody ${periodName(seconds)} after they were sent.`}
      </Text>
      {manages && (
        <View role="radiogroup" aria-label="Disappearing messages" style={{ marginHorizontal: -space.s }}>
          {choices.map((choice) => (
            <Choice
              key={choice}
              label={choice === 0 ? 'Off' : periodName(choice)}
              chosen={(wanted ?? seconds) === choice}
              onPress={() => void choose(choice)}
            />
          ))}
        </View>
      )}
    </Card>
  );
}

function Choice({ label, chosen, onPress }: { label: string; chosen: boolean; onPress: () => void }) {
  const theme = useTheme();
  return (
    <Pressable
      role="radio"
      aria-checked={chosen}
      aria-label={label}
      onPress={onPress}
      style={({ pressed, hovered }: { pressed: boolean; hovered?: boolean }) => ({
        flexDirection: 'row',
        alignItems: 'center',
        minHeight: 44,
        paddingHorizontal: space.s,
        borderRadius: radius.m,
        backgroundColor: hovered || pressed ? theme.hover : 'transparent',
      })}
    >
      <Text weight={chosen ? '600' : '500'} style={{ flex: 1 }}>
        {label}
      </Text>
      {chosen && <Feather name="check" size={18} color={theme.accentText} />}
    </Pressable>
  );
}
