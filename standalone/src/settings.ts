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

/** What tests are told of the machine they run on; no settings of the platform. */
const OF_TESTS = 'CLATTER_TEST_';

/** Throws a ConfigError, with a line for each setting that is wrong; a name that no setting has is one. */
export function readSettings(env: Readonly<Record<string, string | undefined>>) {
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('CLATTER_') && !name.startsWith(OF_TESTS) && !(name in settingsSchema.shape),
  );
  if (unknown.length > 0) throw new ConfigError(unknown.map((name) => `${name}: there is no such setting`).join('\n'));
  const settings = loadConfig(settingsSchema, { ...(existsSync(WEB_DIR) && { CLATTER_WEB_DIR: WEB_DIR }), ...env });
  const { CLATTER_GATEWAY_RENEW_MS: renewMs, CLATTER_PRESENCE_LEASE_MS: leaseMs } = settings;
  // Two renewals may be lost before a live gateway counts as dead.
  if (renewMs * 3 > leaseMs)
    throw new ConfigError(
      `CLATTER_GATEWAY_RENEW_MS: want a third of CLATTER_PRESENCE_LEASE_MS (${leaseMs}) at most, got ${renewMs}`,
    );
  return settings;
}
