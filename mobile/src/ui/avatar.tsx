/** A person or a group, by colour and initials. */
import Feather from '@expo/vector-icons/Feather';
import { useState } from 'react';
import { Image, Text as NativeText, View } from 'react-native';
import { initials } from './format';
import { family, personColour, radius, useTheme } from './theme';

export function Avatar({
  id,
  name,
  size = 46,
  group = false,
  online = false,
  self = false,
  picture,
}: {
  id: string;
  name: string;
  size?: number;
  group?: boolean;
  online?: boolean;
  /** The place for notes to oneself. */
  self?: boolean;
  /** Its address; initials stand where there is none, or it does not come. */
  picture?: string | undefined;
}) {
  const theme = useTheme();
  const dot = Math.max(10, Math.round(size * 0.26));
  const letters = initials(name);
  const [broken, setBroken] = useState<string>();
  const shape = group ? size * 0.32 : size / 2;
  return (
    <View style={{ width: size, height: size }} aria-hidden importantForAccessibility="no-hide-descendants">
      <View
        style={{
          width: size,
          height: size,
          borderRadius: shape,
          overflow: 'hidden',
          backgroundColor: self ? theme.accent : personColour(id).fill,
          alignItems: 'center',
          justifyContent: 'center',
        }}
      >
        {picture && !self && picture !== broken ? (
          <Image
            source={{ uri: picture }}
            onError={() => setBroken(picture)}
            style={{ width: size, height: size, borderRadius: shape }}
          />
        ) : self || letters === '' ? (
          <Feather
            name={self ? 'bookmark' : group ? 'users' : 'user'}
            size={size * 0.44}
            color={self ? theme.onAccent : '#ffffff'}
          />
        ) : (
          <NativeText
            numberOfLines={1}
            style={{
              color: '#ffffff',
              fontWeight: '600',
              fontFamily: family,
              fontSize: size * 0.36,
              letterSpacing: 0.2,
            }}
          >
            {letters}
          </NativeText>
        )}
      </View>
      {online && (
        <View
          style={{
            position: 'absolute',
            right: -1,
            bottom: -1,
            width: dot + 4,
            height: dot + 4,
            borderRadius: radius.full,
            backgroundColor: theme.good,
            borderWidth: 2.5,
            borderColor: theme.surface,
          }}
        />
      )}
    </View>
  );
}
