export { ClatterClient } from './client.ts';
export { type ClientStorage, MemoryStorage, WebStorage } from './storage.ts';
export type * from './types.ts';
