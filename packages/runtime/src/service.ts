/** What every service is to the process that runs it. */

/** Whether it can do its work, and if not, why: a line for each reason. */
export interface Health {
  readonly ok: boolean;
  readonly reasons: readonly string[];
}

export interface Service {
  readonly name: string;
  /** Rejects with one clear error where it cannot start. */
  start(): Promise<void>;
  /** Finishes what was taken, then stops. */
  stop(): Promise<void>;
  ready(): Health;
}

/** An error that a person can act on: its message is the whole story, no stack is shown. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** A listen error as a sentence that names the setting. */
export function listenError(error: unknown, host: string, port: number, setting: string): Error {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === 'EADDRINUSE') return new StartError(`port ${port} on ${host} is taken; set ${setting} to a free one`);
  if (code === 'EACCES')
    return new StartError(`port ${port} on ${host} may not be opened by this user; set ${setting} to another one`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`${host} is no address of this machine (${setting})`);
  return error as Error;
}
