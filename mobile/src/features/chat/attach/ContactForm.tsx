/** Passes on how somebody can be reached: a person of this server, or one that is typed. */
import { useState } from 'react';
import { ScrollView, View } from 'react-native';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Field, SearchField } from '../../../ui/field';
import { Segmented } from '../../../ui/segmented';
import { space } from '../../../ui/theme';
import { PeopleList } from '../../people/PeopleList';

/** As docs/contents.md bounds them. */
const NAME_MAX = 200;
const PHONE_MAX = 50;
const EMAIL_MAX = 254;

export interface MadeContact {
  readonly userId?: string;
  readonly name: string;
  readonly phones: readonly string[];
  readonly emails: readonly string[];
}

const WAYS = [
  { value: 'here', label: 'Somebody here' },
  { value: 'typed', label: 'Somebody else' },
] as const;

export function ContactForm({ onSend, onClose }: { onSend: (contact: MadeContact) => void; onClose: () => void }) {
  const [way, setWay] = useState<(typeof WAYS)[number]['value']>('here');
  return (
    <Dialog title="Send a contact" onClose={onClose}>
      <View style={{ paddingHorizontal: space.l, paddingBottom: space.m }}>
        <Segmented label="Who" choices={WAYS} value={way} onChange={setWay} />
      </View>
      {way === 'here' ? <Here onSend={onSend} /> : <Typed onSend={onSend} />}
    </Dialog>
  );
}

function Here({ onSend }: { onSend: (contact: MadeContact) => void }) {
  const [query, setQuery] = useState('');
  return (
    <View style={{ height: 400, flexShrink: 1, paddingBottom: space.s }}>
      <View style={{ paddingHorizontal: space.l, paddingBottom: space.s }}>
        <SearchField label="Find a contact" placeholder="Name or username" value={query} onChange={setQuery} />
      </View>
      <PeopleList
        query={query.trim()}
        onPick={({ userId, displayName }) => onSend({ userId, name: displayName, phones: [], emails: [] })}
      />
    </View>
  );
}

function Typed({ onSend }: { onSend: (contact: MadeContact) => void }) {
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [email, setEmail] = useState('');
  const given = (text: string): string[] => (text.trim() === '' ? [] : [text.trim()]);
  const [phones, emails] = [given(phone), given(email)];
  const badEmail = emails.some((one) => !/^[^\s@]+@[^\s@]+$/.test(one));
  const ready = name.trim() !== '' && !badEmail && phones.length + emails.length > 0;
  return (
    <ScrollView
      keyboardShouldPersistTaps="handled"
      style={{ flexShrink: 1 }}
      contentContainerStyle={{ paddingHorizontal: space.l, paddingBottom: space.l, gap: space.m }}
    >
      <Field label="Name" value={name} onChangeText={setName} maxLength={NAME_MAX} />
      <Field
        label="Phone number"
        value={phone}
        onChangeText={setPhone}
        maxLength={PHONE_MAX}
        inputMode="tel"
        autoComplete="off"
      />
      <Field
        label="E-mail address"
        value={email}
        onChangeText={setEmail}
        maxLength={EMAIL_MAX}
        inputMode="email"
        autoCapitalize="none"
        autoComplete="off"
        error={badEmail ? 'An address such as ann@example.org' : undefined}
      />
      <Button label="Send contact" disabled={!ready} onPress={() => onSend({ name: name.trim(), phones, emails })} />
    </ScrollView>
  );
}
