export { contentSummary } from '@clatter/wire';
export { ClatterClient } from './client.ts';
export { type ClientStorage, MemoryStorage } from './storage.ts';
export type * from './types.ts';
export { WebStorage } from './web-storage.ts';
