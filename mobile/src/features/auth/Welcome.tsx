/** Beside the login on large screens: what Clatter is, in one picture. */
import Feather from '@expo/vector-icons/Feather';
import { Text as NativeText, View } from 'react-native';
import { family, radius, space } from '../../ui/theme';
import { Logo } from '../shell/Logo';

const LINES = [
  { own: false, text: 'The night ferry runs again 🚢' },
  { own: true, text: 'Finally! Saturday, then?' },
  { own: false, text: 'Saturday. I bring the coffee.' },
] as const;

export function Welcome() {
  return (
    <View
      style={
        {
          flex: 1,
          maxWidth: '50%',
          padding: 56,
          justifyContent: 'space-between',
          backgroundColor: '#3350c4',
          backgroundImage: 'linear-gradient(150deg, #4a69e8 0%, #3350c4 45%, #26389a 100%)',
        } as object
      }
    >
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
        <Logo size={56} plain />
        <NativeText style={{ color: '#ffffff', fontFamily: family, fontSize: 24, fontWeight: '700' }}>
          Clatter
        </NativeText>
      </View>
      <View aria-hidden style={{ gap: 10, width: '100%', maxWidth: 420, alignSelf: 'center' }}>
        {LINES.map(({ own, text }) => (
          <View
            key={text}
            style={{
              alignSelf: own ? 'flex-end' : 'flex-start',
              flexDirection: 'row',
              alignItems: 'flex-end',
              gap: 10,
              backgroundColor: own ? 'rgba(255, 255, 255, 0.18)' : '#ffffff',
              borderRadius: 22,
              borderBottomRightRadius: own ? 6 : 22,
              borderBottomLeftRadius: own ? 22 : 6,
              paddingHorizontal: 18,
              paddingVertical: 12,
            }}
          >
            <NativeText
              style={{ fontFamily: family, fontSize: 17, lineHeight: 24, color: own ? '#ffffff' : '#1b2340' }}
            >
              {text}
            </NativeText>
            {own && (
              <View style={{ flexDirection: 'row', marginBottom: 4 }}>
                <Feather name="check" size={15} color="#a5ecff" />
                <View style={{ marginLeft: -9 }}>
                  <Feather name="check" size={15} color="#a5ecff" />
                </View>
              </View>
            )}
          </View>
        ))}
      </View>
      <View style={{ gap: space.m, maxWidth: 460 }}>
        <NativeText
          style={{
            color: '#ffffff',
            fontFamily: family,
            fontSize: 32,
            lineHeight: 40,
            fontWeight: '700',
            letterSpacing: -0.3,
          }}
        >
          {'Every message arrives.\nOnce. In order.'}
        </NativeText>
        <View style={{ width: 44, height: 4, borderRadius: radius.full, backgroundColor: '#a5ecff' }} />
      </View>
    </View>
  );
}
