/** Where this device keeps the session, the outbox and what was read; here: the browser's storage. */
import { type ClientStorage, WebStorage } from '@clatter/client';

/** Belongs to the session: a logout empties it. All tabs share it, and with it the session. */
export const deviceStorage: ClientStorage = new WebStorage(globalThis.localStorage);

/** Belongs to the device: how the app looks. */
export const preferenceStorage: ClientStorage = new WebStorage(globalThis.localStorage, 'clatter-preferences/');
