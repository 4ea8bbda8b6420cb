export { type AuthConfig, authConfig } from './config.ts';
export { authProcessConfig } from './process-config.ts';
export { type AuthParts, createAuth, rotateAuthKeys } from './service.ts';
