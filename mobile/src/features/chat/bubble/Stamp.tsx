/** When a message was sent and how far it got: in the last line of the text, where there is room. */
import type { MessageView } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { View } from 'react-native';
import { Text } from '../../../ui/text';
import { useTheme } from '../../../ui/theme';
import { Ticks } from './Ticks';
import { disappears } from './words';

export function Stamp({
  message,
  stamp,
  own,
  large,
  rtl,
  colour,
}: {
  message: MessageView;
  stamp: string;
  own: boolean;
  large: boolean;
  /** The text ends at the left. */
  rtl: boolean;
  colour: string;
}) {
  const theme = useTheme();
  const { status, deleted } = message;
  return (
    <View
      style={[
        { flexDirection: 'row', alignItems: 'center', gap: 2 },
        large ? { alignSelf: own ? 'flex-end' : 'flex-start' } : { position: 'absolute', bottom: 5 },
        large ? {} : rtl ? { left: 11 } : { right: own ? 9 : 11 },
      ]}
    >
      {disappears(message) && <Feather name="clock" size={10} color={colour} />}
      <Text size="tiny" style={{ color: colour }}>
        {stamp}
      </Text>
      {own && !deleted && (
        <Ticks
          status={status}
          colour={status === 'failed' && large ? theme.danger : colour}
          readColour={large ? theme.accentText : theme.onOwnRead}
        />
      )}
    </View>
  );
}
