/** Where an invite link leads: nobody becomes a member by opening a page, so it shows the group and asks first. */
import type { InvitePreview } from '@clatter/client';
import { useCallback, useEffect, useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button } from '../../ui/button';
import { direction, sentence } from '../../ui/format';
import { Card, Empty, Problem, SkeletonRows } from '../../ui/layout';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { Column, Screen } from '../shell/Screen';
import { expiryOf, membersOf } from './words';

type State =
  | { readonly kind: 'loading' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'asks' | 'joins'; readonly preview: InvitePreview };

const isGone = ({ code }: Error & { code?: string }): boolean => code === 'NOT_FOUND' || code === 'NOT_A_MEMBER';

export function JoinScreen({
  token,
  onBack,
  onJoined,
}: {
  token: string;
  onBack: () => void;
  onJoined: (conversationId: string) => void;
}) {
  const client = useClient();
  const toast = useToast();
  const [state, setState] = useState<State>({ kind: 'loading' });
  const load = useCallback(() => {
    setState({ kind: 'loading' });
    client.groups.previewInvite(token).then(
      (preview) => setState({ kind: 'asks', preview }),
      (error: Error) =>
        setState(isGone(error) ? { kind: 'gone' } : { kind: 'failed', problem: sentence(error.message) }),
    );
  }, [client, token]);
  useEffect(load, [load]);

  const join = (preview: InvitePreview): void => {
    setState({ kind: 'joins', preview });
    client.groups.join(token).then(
      ({ conversationId }) => onJoined(conversationId),
      (error: Error) => {
        setState(isGone(error) ? { kind: 'gone' } : { kind: 'asks', preview });
        if (!isGone(error)) toast(error.message);
      },
    );
  };
  return (
    <Screen title="Invite" onBack={onBack}>
      {state.kind === 'gone' ? (
        <Empty icon="link" title="This invite is not good any more" text="Ask for a new one.">
          <Button label="To your chats" kind="plain" onPress={onBack} />
        </Empty>
      ) : state.kind === 'failed' ? (
        <Problem text={state.problem} onAgain={load} />
      ) : state.kind === 'loading' ? (
        <SkeletonRows count={2} label="Looking where the invite leads" size={72} />
      ) : (
        <Column>
          <Invited
            preview={state.preview}
            busy={state.kind === 'joins'}
            onJoin={() => join(state.preview)}
            onOpen={() => onJoined(state.preview.conversationId)}
          />
        </Column>
      )}
    </Screen>
  );
}

function Invited({
  preview,
  busy,
  onJoin,
  onOpen,
}: {
  preview: InvitePreview;
  busy: boolean;
  onJoin: () => void;
  onOpen: () => void;
}) {
  const { conversationId, title, description, pictureUrl, memberCount, role, expiresAtMs } = preview;
  const isMember = role !== 'none';
  return (
    <Card>
      <View style={{ alignItems: 'center', gap: space.s, paddingTop: space.s }}>
        <Text size="note" weight="600" tone="muted">
          {isMember ? 'You are a member of' : 'You are invited to'}
        </Text>
        <Avatar id={conversationId} name={title} group size={88} picture={pictureUrl} />
        <Text size="large" weight="700" accessibilityRole="header" style={{ textAlign: 'center' }}>
          {title}
        </Text>
        <Text tone="muted">
          {membersOf(memberCount)}
          {!isMember && expiresAtMs > 0 ? ` · ${expiryOf(expiresAtMs)}` : ''}
        </Text>
        {description !== '' && (
          <Text style={{ textAlign: 'center', writingDirection: direction(description), marginTop: space.s }}>
            {description}
          </Text>
        )}
      </View>
      {isMember ? (
        <Button label="Open the chat" onPress={onOpen} />
      ) : (
        <View style={{ gap: space.s }}>
          <Button label="Join" busy={busy} onPress={onJoin} />
          <Text size="small" tone="muted" style={{ textAlign: 'center' }}>
            Its members see that you join.
          </Text>
        </View>
      )}
    </Card>
  );
}
