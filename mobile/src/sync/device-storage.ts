/** Where this device keeps the session, the outbox and what was read: the browser's storage, or SQLite with the tokens in the secure store. */
import { type ClientStorage, WebStorage } from '@clatter/client';

export const deviceStorage: ClientStorage = new WebStorage(globalThis.localStorage);
