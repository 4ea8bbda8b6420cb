export { type PresenceConfig, presenceConfig } from './config.ts';
export { createPresence, type PresenceParts } from './service.ts';
