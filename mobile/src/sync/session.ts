/** Who is logged in on this device, and whether the line is up; what screens and stores are given. */
import type { ClatterClient, ConnectionState, SecondFactor } from '@clatter/client';
import { createContext, useContext } from 'react';

export interface SessionState {
  /** undefined: not known yet. null: nobody is logged in. */
  readonly client: ClatterClient | null | undefined;
  readonly connection: ConnectionState;
  /** Why the last session ended, where it did not end by the person. */
  readonly ended: string;
  /** Whether somebody was logged in since the app started. */
  readonly wasHere: boolean;
  register(username: string, password: string, displayName: string): Promise<void>;
  /** Rejects with MFA_REQUIRED where `finishLogin` is to follow. */
  login(login: string, password: string): Promise<void>;
  finishLogin(factor: SecondFactor): Promise<void>;
  logout(everywhere: boolean): Promise<void>;
}

export const SessionContext = createContext<SessionState | undefined>(undefined);

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
