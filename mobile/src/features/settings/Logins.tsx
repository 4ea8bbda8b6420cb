/** The devices that are logged in, and the way to log one out. */
import type { ClatterClient } from '@clatter/client';
import Feather from '@expo/vector-icons/Feather';
import { useCallback, useEffect, useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { dayName } from '../../ui/format';
import { Card } from '../../ui/layout';
import { Text } from '../../ui/text';
import { space, useTheme } from '../../ui/theme';
import { useToast } from '../../ui/toast';

type Login = Awaited<ReturnType<ClatterClient['sessions']>>[number];

export function Logins() {
  const theme = useTheme();
  const client = useClient();
  const toast = useToast();
  const [logins, setLogins] = useState<readonly Login[]>([]);
  const load = useCallback(() => {
    client.sessions().then(setLogins, () => undefined);
  }, [client]);
  useEffect(load, [load]);
  const end = (login: Login): void => {
    client.revokeSession(login.sessionId).then(load, (error: Error) => toast(error.message));
  };
  if (logins.length === 0) return null;
  const ownFirst = [...logins].sort((a, b) => Number(b.current) - Number(a.current));
  return (
    <Card title="Where you are logged in">
      {ownFirst.map((login) => {
        const name = login.device?.name || 'Unknown device';
        return (
          <View
            key={login.sessionId}
            style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, minHeight: 40 }}
          >
            <Feather name={login.device?.platform === 'web' ? 'monitor' : 'smartphone'} size={20} color={theme.muted} />
            <View style={{ flex: 1, minWidth: 0 }}>
              <Text weight="500" numberOfLines={1}>
                {name}
              </Text>
              <Text size="small" tone={login.current ? 'good' : 'muted'}>
                {login.current ? 'This device' : `Last used ${dayName(Number(login.lastUsedAtMs)).toLowerCase()}`}
              </Text>
            </View>
            {!login.current && <Button label="Log out" kind="plain" onPress={() => end(login)} />}
          </View>
        );
      })}
    </Card>
  );
}
