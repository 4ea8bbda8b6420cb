/** What stands between the bubbles: days, where reading ended, what happened to the group, who is typing. */
import type { Event } from '@clatter/client';
import { useEffect, useState } from 'react';
import { Animated, View } from 'react-native';
import { useUser } from '../../store/people';
import { useTyping } from '../../store/typing';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { useCalm } from '../../ui/motion';
import { Text } from '../../ui/text';
import { radius, space, useTheme } from '../../ui/theme';

export function Note({ text, strong = false }: { text: string; strong?: boolean }) {
  const theme = useTheme();
  return (
    <View style={{ alignItems: 'center', marginTop: strong ? space.l : space.m, marginBottom: space.xs }}>
      <View
        style={{
          backgroundColor: theme.note,
          borderRadius: radius.full,
          paddingHorizontal: space.m,
          paddingVertical: 4,
          maxWidth: '90%',
        }}
      >
        <Text size="small" tone="muted" weight={strong ? '600' : undefined} style={{ textAlign: 'center' }}>
          {text}
        </Text>
      </View>
    </View>
  );
}

export function UnreadDivider() {
  const theme = useTheme();
  const rule = <View style={{ flex: 1, height: 1, backgroundColor: theme.accent, opacity: 0.35 }} />;
  return (
    <View
      style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, marginTop: space.l, marginBottom: space.xs }}
    >
      {rule}
      <Text size="small" weight="600" tone="accentText">
        New messages
      </Text>
      {rule}
    </View>
  );
}

export function EventNote({ event }: { event: Event }) {
  const client = useClient();
  const change = event.membersChanged;
  const changedId =
    change?.added[0]?.userId ??
    change?.removedIds[0] ??
    change?.changed[0]?.userId ??
    change?.bannedIds[0] ??
    change?.unbannedIds[0];
  const actor = useUser(event.senderId);
  const changed = useUser(changedId);
  const who = event.senderId === client.userId ? 'You' : (actor?.displayName ?? 'Somebody');
  const whom = changedId === client.userId ? 'you' : (changed?.displayName ?? 'somebody');
  if (event.created?.kind === 'direct') return <Note text="This is the beginning of your chat" />;
  if (event.created) return <Note text={`${who} created the group “${event.created.title}”`} />;
  if (event.renamed) return <Note text={`${who} named the group “${event.renamed.title}”`} />;
  if (event.settingsChanged) return <Note text={`${who} changed what members of the group may do`} />;
  if (event.inviteCreated) return <Note text={`${who} made an invite link`} />;
  if (event.inviteRevoked) return <Note text={`${who} ended an invite link`} />;
  if (change?.inviteId !== undefined) return <Note text={`${who} joined by an invite link`} />;
  if (!change) return null;
  const more = (change?.added.length ?? 0) - 1;
  if (more >= 0) return <Note text={`${who} added ${whom}${more > 0 ? ` and ${more} more` : ''}`} />;
  if (change?.bannedIds.length) return <Note text={`${who} banned ${whom}`} />;
  if (change?.unbannedIds.length) return <Note text={`${who} let ${whom} in again`} />;
  if (change?.removedIds.length)
    return <Note text={changedId === event.senderId ? `${who} left` : `${who} removed ${whom}`} />;
  return <Note text={`${who} changed the role of ${whom}`} />;
}

export function TypingBubble({ conversationId, group }: { conversationId: string; group: boolean }) {
  const theme = useTheme();
  const typing = useTyping(conversationId);
  const first = useUser(typing[0]);
  const firstId = typing[0];
  if (firstId === undefined) return null;
  const name = first?.displayName ?? 'Somebody';
  return (
    <View
      role="status"
      aria-label={typing.length > 1 ? `${typing.length} people are typing` : `${name} is typing`}
      style={{ flexDirection: 'row', alignItems: 'flex-end', gap: space.s, marginTop: space.m }}
    >
      {group && <Avatar id={firstId} name={name} size={30} />}
      <View
        style={{
          flexDirection: 'row',
          gap: 4,
          paddingHorizontal: 14,
          height: 36,
          alignItems: 'center',
          backgroundColor: theme.others,
          borderRadius: radius.l,
          borderBottomLeftRadius: 5,
          boxShadow: theme.shadow,
        }}
      >
        {[0, 1, 2].map((place) => (
          <Dot key={place} place={place} />
        ))}
      </View>
    </View>
  );
}

function Dot({ place }: { place: number }) {
  const theme = useTheme();
  const calm = useCalm();
  const [glow] = useState(() => new Animated.Value(0.35));
  useEffect(() => {
    if (calm) return undefined;
    const step = (toValue: number) => Animated.timing(glow, { toValue, duration: 280, useNativeDriver: false });
    const wave = Animated.loop(
      Animated.sequence([Animated.delay(place * 150), step(1), step(0.35), Animated.delay((2 - place) * 150 + 200)]),
    );
    wave.start();
    return () => wave.stop();
  }, [glow, place, calm]);
  return (
    <Animated.View style={{ width: 7, height: 7, borderRadius: 4, backgroundColor: theme.muted, opacity: glow }} />
  );
}
