export { createEmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts';
export * from './event-log.ts';
export { openStorage, type SqlValue, type Statement, type Storage } from './storage.ts';
export * from './topics.ts';
