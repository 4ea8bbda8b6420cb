/** What a message can be beside text: the button that offers it, and where each is made. */
import { useState } from 'react';
import { IconButton, type IconName } from '../../../ui/button';
import { Menu, MenuItem } from '../../../ui/menu';
import { type Place, placeOf } from '../../../ui/place';
import { ContactForm, type MadeContact } from './ContactForm';
import { LocationForm, type MadeLocation } from './LocationForm';
import { type MadePoll, PollForm } from './PollForm';

export type Attached =
  | { readonly poll: MadePoll }
  | { readonly contact: MadeContact }
  | { readonly location: MadeLocation };

type Kind = 'contact' | 'location' | 'poll';

const KINDS: readonly { readonly kind: Kind; readonly icon: IconName; readonly label: string }[] = [
  { kind: 'contact', icon: 'user', label: 'Contact' },
  { kind: 'location', icon: 'map-pin', label: 'Location' },
  { kind: 'poll', icon: 'bar-chart-2', label: 'Poll' },
];

export function Attach({ onSend }: { onSend: (content: Attached) => void }) {
  const [menu, setMenu] = useState<{ place: Place | undefined }>();
  const [making, setMaking] = useState<Kind>();
  const close = (): void => setMaking(undefined);
  const send = (content: Attached): void => {
    close();
    onSend(content);
  };
  return (
    <>
      <IconButton icon="plus" label="Attach" size={44} onPress={(event) => setMenu({ place: placeOf(event) })} />
      {menu && (
        <Menu label="Attach" place={menu.place} onClose={() => setMenu(undefined)}>
          {KINDS.map(({ kind, icon, label }) => (
            <MenuItem
              key={kind}
              icon={icon}
              label={label}
              onPress={() => {
                setMenu(undefined);
                setMaking(kind);
              }}
            />
          ))}
        </Menu>
      )}
      {making === 'contact' && <ContactForm onSend={(contact) => send({ contact })} onClose={close} />}
      {making === 'location' && <LocationForm onSend={(location) => send({ location })} onClose={close} />}
      {making === 'poll' && <PollForm onSend={(poll) => send({ poll })} onClose={close} />}
    </>
  );
}
