/** The one client of this device: who is logged in, and whether the line is up. Screens read from it and observe it. */
import { ClatterClient, type ConnectionState, type User } from '@clatter/client';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { AppState, Platform } from 'react-native';
import { deviceStorage } from './device-storage';
import { serverUrl } from './server-url';

interface SessionState {
  /** undefined: not known yet. null: nobody is logged in. */
  readonly client: ClatterClient | null | undefined;
  readonly connection: ConnectionState;
  /** Why the last session ended, where it did not end by the person. */
  readonly ended: string;
  register(username: string, password: string, displayName: string): Promise<void>;
  login(login: string, password: string): Promise<void>;
  logout(everywhere: boolean): Promise<void>;
}

const SessionContext = createContext<SessionState | undefined>(undefined);

const options = () => ({
  url: serverUrl(),
  storage: deviceStorage,
  client: 'clatter-app/0.1',
  device: { name: Platform.OS === 'web' ? 'Web browser' : `${Platform.OS} device`, platform: Platform.OS },
});

export function SessionProvider({ children }: { children: ReactNode }) {
  const [client, setClient] = useState<ClatterClient | null | undefined>();
  const [connection, setConnection] = useState<ConnectionState>('offline');
  const [ended, setEnded] = useState('');

  const use = useCallback((next: ClatterClient) => {
    next.on('state', setConnection);
    next.on('loggedOut', ({ reason }) => {
      setEnded(reason);
      setClient(null);
    });
    setEnded('');
    setClient(next);
    next.connect().catch(() => undefined);
  }, []);

  useEffect(() => {
    ClatterClient.resume(options()).then(
      (kept) => (kept ? use(kept) : setClient(null)),
      () => setClient(null),
    );
  }, [use]);

  useEffect(() => {
    if (!client) return undefined;
    const look = (foreground: boolean): void => {
      if (foreground) client.wake();
      client.setPresence(foreground).catch(() => undefined);
    };
    const subscription = AppState.addEventListener('change', (state) => look(state === 'active'));
    const online = (): void => client.wake();
    if (Platform.OS === 'web') globalThis.addEventListener?.('online', online);
    return () => {
      subscription.remove();
      if (Platform.OS === 'web') globalThis.removeEventListener?.('online', online);
    };
  }, [client]);

  const value = useMemo<SessionState>(
    () => ({
      client,
      connection,
      ended,
      async register(username, password, displayName) {
        const { device, ...rest } = options();
        use(
          await ClatterClient.register(
            { ...rest, device },
            { username, password, device, ...(displayName && { displayName }) },
          ),
        );
      },
      async login(login, password) {
        const { device, ...rest } = options();
        use(await ClatterClient.login({ ...rest, device }, { login, password, device }));
      },
      async logout(everywhere) {
        await client?.logout(everywhere);
        setClient(null);
      },
    }),
    [client, connection, ended, use],
  );
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

export function useSession(): SessionState {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession is used outside of its provider');
  return session;
}

/** The client of whoever is logged in; screens behind the login have one. */
export function useClient(): ClatterClient {
  const { client } = useSession();
  if (!client) throw new Error('nobody is logged in');
  return client;
}

/** A person, as soon as they are known. */
export function useUser(userId: string | undefined): User | undefined {
  const { client } = useSession();
  const [user, setUser] = useState<User | undefined>();
  useEffect(() => {
    let stays = true;
    setUser(undefined);
    if (client && userId)
      client.user(userId).then(
        (found) => stays && setUser(found),
        () => undefined,
      );
    return () => {
      stays = false;
    };
  }, [client, userId]);
  return user;
}
