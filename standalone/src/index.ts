export { type Clatter, startClatter } from './clatter.ts';
export { settingsSchema } from './settings.ts';
