/**
 * Removes compiled files whose source is gone: tsc leaves them, and a test or a module that was deleted would still run. Run after tsc.
 */
import { existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '../..');

for (const file of globSync('{packages/*,services/*,standalone,loadtest,tools}/dist/**/*.{js,js.map,d.ts}', {
  cwd: root,
})) {
  const source = file.replace('/dist/', '/src/').replace(/\.(js|js\.map|d\.ts)$/, '.ts');
  if (!existsSync(join(root, source))) rmSync(join(root, file));
}
