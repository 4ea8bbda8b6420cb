/** Sends a place: where one is, or one that is typed. */
import { useState } from 'react';
import { ScrollView, View } from 'react-native';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Field } from '../../../ui/field';
import { Text } from '../../../ui/text';
import { space } from '../../../ui/theme';
import { type Axis, bothOf, degreesOf } from './coordinates';
import { type Here, whereIAm } from './here';

/** As docs/contents.md bounds them. */
const NAME_MAX = 200;
const ACCURACY_M_MAX = 100_000;

export interface MadeLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyM: number;
  readonly name: string;
}

export function LocationForm({ onSend, onClose }: { onSend: (location: MadeLocation) => void; onClose: () => void }) {
  const [here, setHere] = useState<Here>();
  const [typed, setTyped] = useState<Readonly<Record<Axis, string>>>({ latitude: '', longitude: '' });
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const latitude = degreesOf(typed.latitude, 'latitude');
  const longitude = degreesOf(typed.longitude, 'longitude');
  const change = (axis: Axis, text: string): void => {
    const both = bothOf(text);
    setHere(undefined);
    setTyped(both ? { latitude: both[0], longitude: both[1] } : { ...typed, [axis]: text });
  };
  const ask = (): void => {
    if (!whereIAm) return;
    setBusy(true);
    setProblem('');
    whereIAm()
      .then(
        (found) => {
          setHere(found);
          setTyped({ latitude: found.latitude.toFixed(6), longitude: found.longitude.toFixed(6) });
        },
        (error: Error) => setProblem(error.message),
      )
      .finally(() => setBusy(false));
  };
  const wrong = (axis: Axis, max: number): string | undefined =>
    typed[axis].trim() !== '' && degreesOf(typed[axis], axis) === undefined
      ? `Degrees between −${max} and ${max}, such as ${axis === 'latitude' ? '52.52' : '13.405'}`
      : undefined;
  const send = (): void => {
    if (latitude === undefined || longitude === undefined) return;
    const accuracyM = here ? Math.min(Math.round(here.accuracyM), ACCURACY_M_MAX) : 0;
    onSend({ latitude, longitude, accuracyM, name: name.trim() });
  };
  return (
    <Dialog title="Send a location" onClose={onClose}>
      <ScrollView
        keyboardShouldPersistTaps="handled"
        style={{ flexShrink: 1 }}
        contentContainerStyle={{ paddingHorizontal: space.l, paddingBottom: space.l, gap: space.m }}
      >
        {whereIAm && <Button label="Use where I am" kind="plain" icon="navigation" busy={busy} onPress={ask} />}
        {problem !== '' && (
          <View role="alert">
            <Text size="note" tone="danger">
              {problem}
            </Text>
          </View>
        )}
        {here && (
          <Text size="note" tone="good" accessibilityLiveRegion="polite">
            Found, within {Math.max(1, Math.round(here.accuracyM)).toLocaleString()} m. It is sent when you say so.
          </Text>
        )}
        <Field
          label="Latitude"
          value={typed.latitude}
          onChangeText={(text) => change('latitude', text)}
          placeholder="52.52"
          autoComplete="off"
          error={wrong('latitude', 90)}
        />
        <Field
          label="Longitude"
          value={typed.longitude}
          onChangeText={(text) => change('longitude', text)}
          placeholder="13.405"
          autoComplete="off"
          error={wrong('longitude', 180)}
        />
        <Field
          label="Name of the place"
          value={name}
          onChangeText={setName}
          maxLength={NAME_MAX}
          placeholder="Office"
        />
        <Button label="Send location" disabled={latitude === undefined || longitude === undefined} onPress={send} />
      </ScrollView>
    </Dialog>
  );
}
