/** A poll in its bubble: a press votes, another one takes it back. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { Pressable, View } from 'react-native';
import { clockTime, dayName } from '../../../ui/format';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';
import { choice, isOver } from './poll';

export function PollCard({
  message,
  own,
  onVote,
}: {
  message: MessageView;
  own: boolean;
  onVote: (options: readonly number[]) => void;
}) {
  const theme = useTheme();
  const poll = message.content?.poll;
  if (!poll) return null;
  const over = isOver(message, Date.now());
  const open = !over && message.seq > 0;
  const mine = message.poll?.options.flatMap((option, index) => (option.mine ? [index] : [])) ?? [];
  const voters = message.poll?.voters ?? 0;
  const [text, faint] = own ? [theme.onOwn, theme.onOwnMuted] : [theme.text, theme.muted];
  const edge = own ? 'rgba(255, 255, 255, 0.3)' : theme.dark ? 'rgba(255, 255, 255, 0.18)' : theme.line;
  const bar = own ? 'rgba(255, 255, 255, 0.24)' : theme.selected;
  const kind = `${poll.anonymous ? 'Anonymous poll' : 'Poll'}${poll.multiple ? ', several choices' : ''}`;
  const until = poll.closesAtMs > 0 ? ` until ${dayName(poll.closesAtMs)} ${clockTime(poll.closesAtMs)}` : '';
  return (
    <View style={{ width: 300, maxWidth: '100%', gap: space.s, paddingTop: 2, paddingBottom: 18 }}>
      <View>
        <Text size="small" style={{ color: faint, textAlign: 'left' }}>
          {over ? `${kind}, closed` : `${kind}${until}`}
        </Text>
        <Text weight="600" style={{ color: text, textAlign: 'left' }}>
          {poll.question}
        </Text>
      </View>
      {poll.options.map((option, index) => {
        const { count = 0, mine: chosen = false } = message.poll?.options[index] ?? {};
        const share = voters > 0 ? Math.round((count / voters) * 100) : 0;
        return (
          <Pressable
            key={option}
            accessibilityRole={poll.multiple ? 'checkbox' : 'radio'}
            accessibilityLabel={`${option}, ${count} ${count === 1 ? 'vote' : 'votes'}`}
            aria-checked={chosen}
            disabled={!open}
            onPress={() => onVote(choice(mine, index, poll.multiple))}
            style={{
              borderRadius: radius.s,
              overflow: 'hidden',
              borderWidth: 1,
              borderColor: chosen ? (own ? theme.onOwn : theme.accent) : edge,
            }}
          >
            <View
              style={{ position: 'absolute', top: 0, bottom: 0, left: 0, width: `${share}%`, backgroundColor: bar }}
            />
            <View
              style={{
                flexDirection: 'row',
                alignItems: 'center',
                gap: space.s,
                paddingHorizontal: 10,
                minHeight: 40,
                paddingVertical: 6,
              }}
            >
              <Feather
                name={chosen ? 'check-circle' : poll.multiple ? 'square' : 'circle'}
                size={16}
                color={chosen ? text : faint}
              />
              <Text style={{ color: text, flex: 1, textAlign: 'left' }}>{option}</Text>
              <Text size="small" weight="600" style={{ color: faint }}>
                {voters > 0 ? `${share}%` : ''}
              </Text>
            </View>
          </Pressable>
        );
      })}
      <Text size="small" style={{ color: faint, textAlign: 'left' }}>
        {voters === 0 ? 'No votes yet' : voters === 1 ? '1 person voted' : `${voters} people voted`}
      </Text>
    </View>
  );
}
