/** A chat that is not here, or not yet. */
import { View } from 'react-native';
import { useSession } from '../../sync/session';
import { Button } from '../../ui/button';
import { Bar, Empty, SkeletonRows } from '../../ui/layout';
import { useTheme } from '../../ui/theme';

export function NoSuchChat({ onBack }: { onBack: (() => void) | undefined }) {
  const theme = useTheme();
  const { connection } = useSession();
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Bar title="" {...(onBack && { onBack })} />
      {connection === 'live' ? (
        <Empty icon="message-circle" title="No such chat" text="It may have been left, or belong to somebody else.">
          {onBack && <Button label="To your chats" kind="plain" onPress={onBack} />}
        </Empty>
      ) : (
        <SkeletonRows count={4} label="Loading the chat" size={36} />
      )}
    </View>
  );
}
