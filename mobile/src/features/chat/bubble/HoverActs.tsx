/** What a mouse finds beside a bubble. */
import type { MessageView } from '@clatter/client';
import { View } from 'react-native';
import { IconButton } from '../../../ui/button';
import { placeOf } from '../../../ui/place';
import type { BubbleActs } from './acts';

export function HoverActs({ message, own, acts }: { message: MessageView; own: boolean; acts: BubbleActs }) {
  return (
    <View style={{ flexDirection: own ? 'row-reverse' : 'row', alignSelf: 'center' }}>
      <IconButton icon="corner-up-left" label="Reply" size={32} onPress={() => acts.reply(message)} />
      <IconButton
        icon="more-horizontal"
        label="More"
        size={32}
        onPress={(event) => acts.menu(message, placeOf(event))}
      />
    </View>
  );
}
