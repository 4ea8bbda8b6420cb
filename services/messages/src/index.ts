export { createSqliteMessageStore } from './adapters/sqlite-message-store.ts';
export { type MessagesConfig, messagesConfig } from './config.ts';
export { BUCKET_SEQS, type GatewayDirectory, type MessageStore } from './ports.ts';
export { messagesProcessConfig } from './process-config.ts';
export { createMessages, type MessagesParts } from './service.ts';
