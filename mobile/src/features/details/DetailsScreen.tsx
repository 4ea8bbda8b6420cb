/** Who is in a chat: a person's profile, or a group with its name and members. */
import type { ClatterClient, ConversationView } from '@clatter/client';
import { useCallback, useEffect, useState } from 'react';
import { ScrollView, View } from 'react-native';
import { useConversation, useTitle } from '../../store/conversations';
import { usePresence, useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button, Row } from '../../ui/button';
import { Field } from '../../ui/field';
import { lastSeen } from '../../ui/format';
import { Bar, Card } from '../../ui/layout';
import { Text } from '../../ui/text';
import { FORM, space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';

type Member = Awaited<ReturnType<ClatterClient['members']>>[number];

export function DetailsScreen({
  conversationId,
  onBack,
  onLeft,
  onChat,
}: {
  conversationId: string;
  onBack: () => void;
  onLeft: () => void;
  onChat: (conversationId: string) => void;
}) {
  const theme = useTheme();
  const conversation = useConversation(conversationId);
  const { title, peerId, self } = useTitle(conversation);
  const group = conversation !== undefined && conversation.kind !== 'direct';
  return (
    <View style={{ flex: 1, backgroundColor: theme.background }}>
      <Bar title={group ? 'Group' : 'Profile'} onBack={onBack} />
      <ScrollView contentContainerStyle={{ padding: space.l, paddingVertical: space.xl, alignItems: 'center' }}>
        <View style={{ width: '100%', maxWidth: FORM, gap: space.xl }}>
          <View style={{ alignItems: 'center', gap: space.s }}>
            <Avatar id={peerId ?? conversationId} name={title} group={group} self={self} size={96} />
            <Text size="large" weight="700" style={{ textAlign: 'center', marginTop: space.s }}>
              {title || ' '}
            </Text>
            {!group && !self && <PersonState userId={peerId} />}
            {group && conversation && (
              <Text tone="muted">
                {conversation.memberCount} {conversation.memberCount === 1 ? 'member' : 'members'}
              </Text>
            )}
          </View>
          {!group && <Person userId={peerId} />}
          {group && conversation && <Group conversation={conversation} onLeft={onLeft} onChat={onChat} />}
        </View>
      </ScrollView>
    </View>
  );
}

function PersonState({ userId }: { userId: string | undefined }) {
  const presence = usePresence(userId);
  if (!presence || presence.status === 'UNKNOWN') return null;
  const online = presence.status === 'ONLINE';
  return <Text tone={online ? 'accentText' : 'muted'}>{online ? 'online' : lastSeen(presence.lastSeenMs)}</Text>;
}

function Person({ userId }: { userId: string | undefined }) {
  const user = useUser(userId);
  if (!user) return null;
  const line = (label: string, value: string) =>
    value !== '' && (
      <View style={{ gap: 2 }}>
        <Text size="small" weight="600" tone="muted">
          {label}
        </Text>
        <Text selectable>{value}</Text>
      </View>
    );
  return (
    <Card>
      {line('Username', `@${user.username}`)}
      {line('Status', user.statusText)}
      {line('About', user.bio)}
    </Card>
  );
}

function Group({
  conversation,
  onLeft,
  onChat,
}: {
  conversation: ConversationView;
  onLeft: () => void;
  onChat: (conversationId: string) => void;
}) {
  const client = useClient();
  const toast = useToast();
  const { conversationId, role, title, headSeq } = conversation;
  const manages = role === 'owner' || role === 'admin';
  const [members, setMembers] = useState<readonly Member[]>([]);
  const [name, setName] = useState(title);
  const [busy, setBusy] = useState(false);
  const failed = useCallback((error: Error) => toast(error.message), [toast]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: an event may have changed who is in it
  useEffect(() => {
    if (role === 'none') return;
    client.members(conversationId).then(setMembers, failed);
  }, [client, conversationId, headSeq, role, failed]);
  useEffect(() => setName(title), [title]);

  const rename = async (): Promise<void> => {
    setBusy(true);
    await client.rename(conversationId, { title: name.trim() }).catch(failed);
    setBusy(false);
  };
  const chat = (userId: string): void => {
    client.openDirect(userId).then((opened) => onChat(opened.conversationId), failed);
  };
  return (
    <>
      {manages && (
        <Card title="Name">
          <Field label="Name of the group" value={name} onChangeText={setName} maxLength={100} />
          <Button
            label="Save"
            busy={busy}
            disabled={name.trim() === '' || name.trim() === title}
            onPress={() => void rename()}
          />
        </Card>
      )}
      <Card title="Members">
        <View style={{ marginHorizontal: -space.l, marginVertical: -space.s }}>
          {members.map((member) => (
            <MemberRow
              key={member.userId}
              member={member}
              own={member.userId === client.userId}
              onPress={() => chat(member.userId)}
            />
          ))}
        </View>
      </Card>
      {role !== 'none' && (
        <Button
          label="Leave the group"
          kind="danger"
          icon="log-out"
          onPress={() => {
            client.removeMember(conversationId, client.userId).then(onLeft, failed);
          }}
        />
      )}
    </>
  );
}

function MemberRow({ member, own, onPress }: { member: Member; own: boolean; onPress: () => void }) {
  const user = useUser(member.userId);
  const presence = usePresence(own ? undefined : member.userId);
  const name = user?.displayName ?? '';
  return (
    <Row label={`${name}, ${member.role}`} onPress={own ? undefined : onPress}>
      <Avatar id={member.userId} name={name} size={40} online={presence?.status === 'ONLINE'} />
      <View style={{ flex: 1, minWidth: 0 }}>
        <Text weight="600" numberOfLines={1} style={{ textAlign: 'left' }}>
          {own ? 'You' : name || ' '}
        </Text>
        <Text size="note" tone="muted" numberOfLines={1} style={{ textAlign: 'left' }}>
          {user ? `@${user.username}` : ' '}
        </Text>
      </View>
      {member.role !== 'member' && (
        <Text size="small" weight="600" tone="accentText">
          {member.role}
        </Text>
      )}
    </Row>
  );
}
