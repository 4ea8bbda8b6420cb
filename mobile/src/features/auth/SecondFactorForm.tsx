/** The second step of a login: a code of the authenticator, or one of the recovery codes. */
import { useState } from 'react';
import { View } from 'react-native';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { sentence } from '../../ui/format';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';

const CODE_LENGTH = 6;
const RECOVERY_CODE_MAX = 64;

export function SecondFactorForm({
  onCode,
  onBack,
}: {
  /** Rejects where it is wrong. */
  onCode: (factor: { readonly code: string } | { readonly recoveryCode: string }) => Promise<void>;
  onBack: () => void;
}) {
  const [recovers, setRecovers] = useState(false);
  const [code, setCode] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const given = code.replace(/\s/g, '');
  const ready = recovers ? given !== '' : /^\d{6}$/.test(given);
  const submit = async (): Promise<void> => {
    if (!ready || busy) return;
    setBusy(true);
    setError('');
    try {
      await onCode(recovers ? { recoveryCode: given } : { code: given });
    } catch (failure) {
      setError(sentence((failure as Error).message));
      setBusy(false);
    }
  };
  return (
    <View style={{ gap: space.l }}>
      <Field
        // Another kind of code begins anew, with the keyboard in it.
        key={recovers ? 'recovery' : 'code'}
        label={recovers ? 'Recovery code' : 'Code'}
        hint={recovers ? 'Each of them works once.' : 'The six digits that your authenticator shows.'}
        value={code}
        onChangeText={setCode}
        onSubmitEditing={() => void submit()}
        autoFocus
        autoCapitalize="none"
        autoCorrect={false}
        autoComplete={recovers ? 'off' : 'one-time-code'}
        inputMode={recovers ? 'text' : 'numeric'}
        // People type it in two halves.
        maxLength={recovers ? RECOVERY_CODE_MAX : CODE_LENGTH + 1}
      />
      {error !== '' && (
        <Text size="note" tone="danger" role="alert">
          {error}
        </Text>
      )}
      <Button label="Confirm" busy={busy} disabled={!ready} onPress={() => void submit()} />
      <Button
        label={recovers ? 'Use the authenticator' : 'Use a recovery code'}
        kind="plain"
        onPress={() => {
          setRecovers(!recovers);
          setCode('');
          setError('');
        }}
      />
      <Button label="Back" kind="plain" onPress={onBack} />
    </View>
  );
}
