export { type PresenceConfig, presenceConfig } from './config.ts';
export { presenceProcessConfig } from './process-config.ts';
export { createPresence, type PresenceParts } from './service.ts';
