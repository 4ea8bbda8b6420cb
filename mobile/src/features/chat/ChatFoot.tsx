/** Below the lines: where the next message is written, or why nothing may be. */
import type { ConversationView } from '@clatter/client';
import { View } from 'react-native';
import { Text } from '../../ui/text';
import { space, useTheme } from '../../ui/theme';
import { wordFor } from '../group/words';
import { ScheduledBanner } from '../scheduled/ScheduledBanner';
import { Composer, type ComposerProps } from './composer/Composer';

export function ChatFoot({
  conversation,
  ...composer
}: { conversation: ConversationView } & Omit<ComposerProps, 'conversation'>) {
  const silent = whySilent(conversation);
  return (
    <>
      <ScheduledBanner conversationId={conversation.conversationId} />
      {silent === '' ? <Composer conversation={conversation} {...composer} /> : <Silent text={silent} />}
    </>
  );
}

function whySilent({ role, settings, kind }: ConversationView): string {
  if (role === 'none') return `You are no longer a member of this ${wordFor(kind)}.`;
  if (role === 'member' && settings?.sendRole === 'admin') return 'Only admins can send messages here.';
  return '';
}

function Silent({ text }: { text: string }) {
  const theme = useTheme();
  return (
    <View
      style={{
        padding: space.l,
        alignItems: 'center',
        borderTopWidth: 1,
        borderTopColor: theme.line,
        backgroundColor: theme.surface,
      }}
    >
      <Text tone="muted" style={{ textAlign: 'center' }}>
        {text}
      </Text>
    </View>
  );
}
