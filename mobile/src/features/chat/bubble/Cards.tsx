/** Contents that are not text: a contact, a place, JSON that this program does not know. */
import type { Content } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { Linking, Pressable, View } from 'react-native';
import { useUser } from '../../../store/people';
import { useClient } from '../../../sync/session';
import { Avatar } from '../../../ui/avatar';
import type { IconName } from '../../../ui/button';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';
import type { BubbleActs } from './acts';

interface CardProps {
  readonly own: boolean;
}

export function ContactCard({
  contact,
  own,
  acts,
}: CardProps & { contact: NonNullable<Content['contact']>; acts: Pick<BubbleActs, 'person'> }) {
  const theme = useTheme();
  const client = useClient();
  const user = useUser(contact.userId);
  const name = contact.name || user?.displayName || 'Contact';
  const [text, faint] = own ? [theme.onOwn, theme.onOwnMuted] : [theme.text, theme.muted];
  const ways = [
    ...contact.phones.map((phone) => ({ way: phone, icon: 'phone' as IconName, href: `tel:${phone}` })),
    ...contact.emails.map((email) => ({ way: email, icon: 'mail' as IconName, href: `mailto:${email}` })),
  ];
  return (
    <View style={{ minWidth: 230, maxWidth: '100%', gap: space.s, paddingTop: space.xs, paddingBottom: 16 }}>
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.m }}>
        <Avatar id={contact.userId ?? name} name={name} size={42} />
        <View style={{ flex: 1, minWidth: 0 }}>
          <Text weight="600" numberOfLines={2} style={{ color: text, textAlign: 'left' }}>
            {name}
          </Text>
          <Text size="small" style={{ color: faint, textAlign: 'left' }}>
            {user ? `@${user.username}` : 'Contact'}
          </Text>
        </View>
      </View>
      {ways.map(({ way, icon, href }) => (
        <Pressable
          key={href}
          accessibilityRole="link"
          accessibilityLabel={way}
          onPress={() => void Linking.openURL(href)}
          style={{ flexDirection: 'row', alignItems: 'center', gap: space.s, minHeight: 28 }}
        >
          <Feather name={icon} size={15} color={faint} />
          <Text size="note" numberOfLines={1} style={{ color: text, flex: 1, textAlign: 'left' }}>
            {way}
          </Text>
        </Pressable>
      ))}
      {contact.userId && contact.userId !== client.userId && (
        <Pressable
          accessibilityRole="button"
          accessibilityLabel={`Message ${name}`}
          onPress={() => acts.person(contact.userId as string)}
          style={{
            alignItems: 'center',
            justifyContent: 'center',
            minHeight: 38,
            borderRadius: radius.s,
            backgroundColor: own ? 'rgba(255, 255, 255, 0.16)' : theme.selected,
          }}
        >
          <Text size="note" weight="600" style={{ color: own ? theme.onOwn : theme.accentText }}>
            Message
          </Text>
        </Pressable>
      )}
    </View>
  );
}

export function LocationCard({ location, own }: CardProps & { location: NonNullable<Content['location']> }) {
  const theme = useTheme();
  const { latitude, longitude, accuracyM, name, liveForMs } = location;
  const [text, faint] = own ? [theme.onOwn, theme.onOwnMuted] : [theme.text, theme.muted];
  const place = `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}, ${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? 'W' : 'E'}`;
  const title = name || (liveForMs > 0 ? 'Live location' : 'Location');
  return (
    <Pressable
      accessibilityRole="link"
      accessibilityLabel={`${title}, open the map`}
      onPress={() =>
        void Linking.openURL(
          `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`,
        )
      }
      style={{
        minWidth: 230,
        maxWidth: '100%',
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.m,
        paddingTop: space.xs,
        paddingBottom: 18,
      }}
    >
      <View
        style={{
          width: 44,
          height: 44,
          borderRadius: radius.m,
          alignItems: 'center',
          justifyContent: 'center',
          backgroundColor: own ? 'rgba(255, 255, 255, 0.16)' : theme.selected,
        }}
      >
        <Feather
          name={liveForMs > 0 ? 'navigation' : 'map-pin'}
          size={21}
          color={own ? theme.onOwn : theme.accentText}
        />
      </View>
      <View style={{ flexShrink: 1, minWidth: 0 }}>
        <Text weight="600" numberOfLines={2} style={{ color: text, textAlign: 'left' }}>
          {title}
        </Text>
        <Text size="small" style={{ color: faint, textAlign: 'left' }}>
          {place}
        </Text>
        {accuracyM > 0 && (
          <Text size="small" style={{ color: faint, textAlign: 'left' }}>
            within {accuracyM >= 1000 ? `${Math.round(accuracyM / 1000)} km` : `${Math.round(accuracyM)} m`}
          </Text>
        )}
      </View>
    </Pressable>
  );
}
