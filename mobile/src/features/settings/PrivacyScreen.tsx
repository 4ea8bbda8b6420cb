/** What one shows and allows, and to whom; and who is blocked. Each change is stored at once. */
import type { ClatterClient } from '@clatter/client';
import { useCallback, useEffect, useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { sentence } from '../../ui/format';
import { Card, Problem, SkeletonRows } from '../../ui/layout';
import { Segmented } from '../../ui/segmented';
import { Text } from '../../ui/text';
import { space } from '../../ui/theme';
import { useToast } from '../../ui/toast';
import { Toggle } from '../../ui/toggle';
import { Column, Screen } from '../shell/Screen';
import { BlockedCard } from './BlockedCard';

type Privacy = Awaited<ReturnType<ClatterClient['relations']['privacy']>>;

const AUDIENCES = [
  { value: 'everyone', label: 'Everybody' },
  { value: 'contacts', label: 'Contacts' },
  { value: 'nobody', label: 'Nobody' },
] as const;

const QUESTIONS = [
  ['presence', 'Who sees when you are online'],
  ['avatar', 'Who sees your picture'],
  ['bio', 'Who sees your “About”'],
  ['statusText', 'Who sees your status'],
  ['messages', 'Who may begin a chat with you'],
  ['groups', 'Who may add you to groups'],
] as const;

export function PrivacyScreen({ onBack }: { onBack: () => void }) {
  const client = useClient();
  const toast = useToast();
  const [privacy, setPrivacy] = useState<Privacy>();
  const [problem, setProblem] = useState('');
  const load = useCallback(() => {
    setProblem('');
    client.relations.privacy().then(setPrivacy, (error: Error) => setProblem(sentence(error.message)));
  }, [client]);
  useEffect(load, [load]);
  const change = (wanted: Partial<Privacy>): void => {
    setPrivacy((before) => before && { ...before, ...wanted });
    client.relations.setPrivacy(wanted).then(setPrivacy, (error: Error) => {
      toast(error.message);
      load();
    });
  };
  return (
    <Screen title="Privacy" onBack={onBack}>
      <Column>
        {problem !== '' && <Problem text={problem} onAgain={load} />}
        {!privacy && problem === '' && <SkeletonRows count={4} label="Loading" size={40} />}
        {privacy && (
          <>
            <Card>
              {QUESTIONS.map(([field, label]) => (
                <View key={field} style={{ gap: space.s }}>
                  <Text weight="500">{label}</Text>
                  <Segmented
                    label={label}
                    choices={AUDIENCES}
                    value={privacy[field]}
                    onChange={(audience) => change({ [field]: audience })}
                  />
                </View>
              ))}
            </Card>
            <Card>
              <Toggle
                label="Be found by search"
                hint="Where it is off, people reach you by a chat or a group that you share."
                value={privacy.inDirectory}
                onChange={(inDirectory) => change({ inDirectory })}
              />
            </Card>
            <BlockedCard />
          </>
        )}
      </Column>
    </Screen>
  );
}
