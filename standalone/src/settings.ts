/** All settings of the one-process platform, from one environment. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { authConfig } from '@clatter/auth';
import { gatewayConfig } from '@clatter/gateway';
import { messagesConfig } from '@clatter/messages';
import { notificationsConfig } from '@clatter/notifications';
import { presenceConfig } from '@clatter/presence';
import { ConfigError, loadConfig } from '@clatter/runtime';
import { standaloneConfig } from './config.ts';

/** Where the export of the web client lies in a checkout. */
const WEB_DIR = join(fileURLToPath(new URL('.', import.meta.url)), '../../mobile/dist');

/** Every setting, with its default and what it is. */
export const settingsSchema = standaloneConfig
  .extend(authConfig.shape)
  .extend(gatewayConfig.shape)
  .extend(messagesConfig.shape)
  .extend(notificationsConfig.shape)
  .extend(presenceConfig.shape);

/** Throws a ConfigError, with a line for each setting that is wrong; a name that no setting has is one. */
export function readSettings(env: Readonly<Record<string, string | undefined>>) {
  const unknown = Object.keys(env).filter((name) => name.startsWith('CLATTER_') && !(name in settingsSchema.shape));
  if (unknown.length > 0) throw new ConfigError(unknown.map((name) => `${name}: there is no such setting`).join('\n'));
  return loadConfig(settingsSchema, { ...(existsSync(WEB_DIR) && { CLATTER_WEB_DIR: WEB_DIR }), ...env });
}
