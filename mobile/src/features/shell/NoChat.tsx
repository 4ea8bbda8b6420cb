/** What the right pane shows where no chat is open. */
import { View } from 'react-native';
import { Button } from '../../ui/button';
import { Text } from '../../ui/text';
import { space, useTheme } from '../../ui/theme';
import { Logo } from './Logo';

export function NoChat({ onNewChat }: { onNewChat: () => void }) {
  const theme = useTheme();
  return (
    <View
      style={{
        flex: 1,
        alignItems: 'center',
        justifyContent: 'center',
        gap: space.s,
        padding: space.xl,
        backgroundColor: theme.background,
      }}
    >
      <View style={{ marginBottom: space.m }}>
        <Logo size={72} />
      </View>
      <Text size="title" weight="600">
        Choose a chat
      </Text>
      <Text tone="muted" style={{ textAlign: 'center', marginBottom: space.m }}>
        Or begin one with somebody new.
      </Text>
      <Button label="Start a chat" icon="edit" onPress={onNewChat} />
    </View>
  );
}
