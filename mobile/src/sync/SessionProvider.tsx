/** The one client of this device: begun from what the device kept, told when the app comes to the front or the network is back. */
import './randomness';
import { ClatterClient, type ConnectionState } from '@clatter/client';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { AppState } from 'react-native';
import { draftsOf } from '../store/drafts';
import { forgetAllBut } from '../store/forget';
import { peopleOf } from '../store/people';
import { typistsOf } from '../store/typing';
import { device } from './device';
import { deviceStorage } from './device-storage';
import { serverUrl } from './server-url';
import { SessionContext, type SessionState } from './session';

const options = async () => ({
  url: await serverUrl(),
  storage: deviceStorage,
  client: 'clatter-app/0.1',
  device: device(),
});

export function SessionProvider({ children }: { children: ReactNode }) {
  const [client, setClient] = useState<ClatterClient | null | undefined>();
  const [connection, setConnection] = useState<ConnectionState>('offline');
  const [ended, setEnded] = useState('');
  const [wasHere, setWasHere] = useState(false);
  // The server closes the line when it hears of a logout: that is no news to whoever asked for it.
  const leaving = useRef(false);
  const resuming = useRef(false);

  const use = useCallback((next: ClatterClient) => {
    // Made before the line is up, so that they miss nothing.
    peopleOf(next);
    typistsOf(next);
    next.on('state', (state) => {
      setConnection(state);
      // A new connection is in front until it is told otherwise.
      if (state === 'live' && AppState.currentState !== 'active') next.setPresence(false).catch(() => undefined);
    });
    next.on('loggedOut', ({ reason }) => {
      if (!leaving.current) setEnded(reason);
      setClient(null);
    });
    setEnded('');
    setWasHere(true);
    setClient(next);
    next.connect().catch(() => undefined);
  }, []);

  const resume = useCallback(async (): Promise<void> => {
    if (resuming.current) return;
    resuming.current = true;
    try {
      const kept = await ClatterClient.resume(await options());
      if (!kept) return setClient(null);
      await Promise.all([peopleOf(kept).load(), draftsOf(kept).load()]);
      use(kept);
    } catch {
      setClient(null);
    } finally {
      resuming.current = false;
    }
  }, [use]);

  useEffect(() => void resume(), [resume]);

  // Whoever logs in in another tab is logged in here too.
  useEffect(
    () => (client === null ? ClatterClient.onLogin({ storage: deviceStorage }, () => void resume()) : undefined),
    [client, resume],
  );

  useEffect(() => {
    if (!client) return undefined;
    const subscription = AppState.addEventListener('change', (state) => {
      if (state === 'active') client.wake();
      client.setPresence(state === 'active').catch(() => undefined);
    });
    const online = (): void => client.wake();
    globalThis.addEventListener?.('online', online);
    return () => {
      subscription.remove();
      globalThis.removeEventListener?.('online', online);
    };
  }, [client]);

  const begin = useCallback(
    async (next: ClatterClient): Promise<void> => {
      await forgetAllBut(next.userId);
      await Promise.all([peopleOf(next).load(), draftsOf(next).load()]);
      use(next);
    },
    [use],
  );

  const value = useMemo<SessionState>(
    () => ({
      client,
      connection,
      ended,
      wasHere,
      async register(username, password, displayName) {
        const mine = await options();
        const person = { username, password, device: mine.device, ...(displayName && { displayName }) };
        await begin(await ClatterClient.register(mine, person));
      },
      async login(login, password) {
        const mine = await options();
        await begin(await ClatterClient.login(mine, { login, password, device: mine.device }));
      },
      async finishLogin(factor) {
        await begin(await ClatterClient.finishLogin(await options(), factor));
      },
      async logout(everywhere) {
        leaving.current = true;
        try {
          await client?.logout(everywhere);
          await forgetAllBut(undefined);
          setClient(null);
        } finally {
          leaving.current = false;
        }
      },
    }),
    [client, connection, ended, wasHere, begin],
  );
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}
