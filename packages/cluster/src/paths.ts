/** Where things lie in a checkout. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(fileURLToPath(new URL('.', import.meta.url)), '../../..');

/** Configuration of the servers, and what provision.sh needs. */
export const STACK_DIR = join(ROOT, 'deploy', 'stack');

/** What provision.sh fetched. */
export const JARS_DIR = join(ROOT, '.cache', 'stack', 'jars');
