/** One invite link: who made it, how long and for how many it is good; copied where it was made, and ended. */
import type { Invite } from '@clatter/client';
import { View } from 'react-native';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { IconButton } from '../../ui/button';
import { copyText } from '../../ui/clipboard';
import { useConfirm } from '../../ui/confirm';
import { isolated, ownSentence } from '../../ui/format';
import { Text } from '../../ui/text';
import { radius, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { expiryOf, usesOf } from './words';

export function InviteRow({
  conversationId,
  invite,
  url,
}: {
  conversationId: string;
  invite: Invite;
  /** Known where it was made. */
  url: string | undefined;
}) {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  const maker = useUser(invite.createdBy);
  const name = invite.createdBy === client.userId ? 'you' : isolated(maker?.displayName ?? 'somebody');
  const told = `${expiryOf(invite.expiresAtMs)} · ${usesOf(invite.uses, invite.maxUses)}`;
  const end = async (): Promise<void> => {
    const wanted = await confirm({
      title: 'End this link?',
      text: 'Nobody joins by it any more. Who joined stays.',
      action: 'End link',
    });
    if (wanted) await client.groups.revokeInvite(conversationId, invite.inviteId);
  };
  const copy = async (text: string): Promise<void> => {
    await copyText?.(text);
    toast('Link copied');
  };
  const failed = (error: Error): void => toast(error.message);
  return (
    <View style={{ gap: space.s }}>
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
        <View style={{ flex: 1, minWidth: 0 }}>
          <Text weight="500" numberOfLines={1}>
            {ownSentence(`Made by ${name}`)}
          </Text>
          <Text size="note" tone="muted" numberOfLines={1}>
            {told}
          </Text>
        </View>
        <IconButton icon="trash-2" label={`End the link made by ${name}`} onPress={() => void end().catch(failed)} />
      </View>
      {url !== undefined && (
        <View
          style={{
            flexDirection: 'row',
            alignItems: 'center',
            gap: space.xs,
            backgroundColor: theme.well,
            borderRadius: radius.m,
            paddingLeft: space.m,
            paddingRight: space.xs,
            minHeight: 44,
          }}
        >
          <Text size="note" selectable numberOfLines={1} style={{ flex: 1, minWidth: 0 }}>
            {url}
          </Text>
          {copyText && (
            <IconButton icon="copy" label="Copy link" size={36} onPress={() => void copy(url).catch(failed)} />
          )}
        </View>
      )}
    </View>
  );
}
