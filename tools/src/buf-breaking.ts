/** Compares the protos with those of the last commit that is published, or of the commit before; the first commit has nothing to break. */
import { execFileSync, spawnSync } from 'node:child_process';

function exists(revision: string): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${revision}:proto`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const base = ['origin/main', 'HEAD~1'].find(exists);
if (base === undefined) {
  console.log('nothing to compare with');
} else {
  const ref = execFileSync('git', ['rev-parse', base], { encoding: 'utf8' }).trim();
  const tree = execFileSync('git', ['archive', '--format=tar', ref, 'proto', 'buf.yaml'], { maxBuffer: 1 << 26 });
  const { status } = spawnSync('buf', ['breaking', '--against', '-#format=tar'], {
    input: tree,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  process.exitCode = status ?? 1;
}
