/** `clatter keys`: the keys that personal data is sealed with. */
import { openStorage } from '@clatter/log';
import { createLogger, loadConfig, randomIds, systemClock } from '@clatter/runtime';
import { Command } from 'commander';
import type { Terminal } from './dead.ts';

const HELP = `
The database is the one that CLATTER_AUTH_DATABASE_URL and the other CLATTER_AUTH_* settings name, as for auth, which may run meanwhile; or with
--data (or CLATTER_DATA_DIR, where no database is set) that of a data folder whose platform is stopped.`;

export function keysCommand({ print, env }: Terminal): Command {
  const keys = new Command('keys').description('look after the keys of personal data').addHelpText('after', HELP);
  keys
    .command('rotate')
    .description('seal all personal data with a new key, and the keys with the secret of now, and drop the old ones')
    .option('--data <folder>', 'data folder of a platform that is stopped')
    .action(async ({ data }: { data?: string }) => {
      // The other commands need none of it.
      const { authConfig, rotateAuthKeys } = await import('@clatter/auth');
      const logger = createLogger({ service: 'clatter', level: 'silent' });
      const config = loadConfig(authConfig, data === undefined ? env : { ...env, CLATTER_AUTH_DATABASE_URL: '' });
      const dataDir = data ?? env.CLATTER_DATA_DIR ?? '';
      const embedded = config.CLATTER_AUTH_DATABASE_URL === '';
      if (embedded && dataDir === '')
        throw new Error(
          'want to know where the database is, got nothing: set CLATTER_AUTH_DATABASE_URL, or name the data folder of a stopped platform with --data',
        );
      // Nobody else has the folder while its storage is open here.
      const storage = embedded ? await openStorage({ dir: dataDir, logger, make: false }) : undefined;
      try {
        const done = await rotateAuthKeys({ config, logger, clock: systemClock, ids: randomIds, dataDir });
        await print(`${done.keysResealed} keys sealed again with the secret of now`);
        await print(`${done.valuesResealed} values sealed again with a new key`);
        await print(`${done.keysDropped} old keys dropped, ${done.keysKept} kept for what waits to be sent`);
      } finally {
        await storage?.close();
      }
    });
  return keys;
}
