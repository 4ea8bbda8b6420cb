/**
 * Compares the protos with those that others may hold already: of the last release, else of origin/main where that is another commit, else
 * of the commit before. A first commit, a shallow clone or one without protos has nothing to break.
 */
import { execFileSync, spawnSync } from 'node:child_process';

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The commit's id where it holds protos. */
function withProtos(revision: string | undefined): string | undefined {
  return (
    revision && git('rev-parse', '--verify', '--quiet', `${revision}:proto`) && git('rev-parse', `${revision}^{commit}`)
  );
}

const head = git('rev-parse', '--verify', '--quiet', 'HEAD');
const release = git('describe', '--tags', '--abbrev=0', '--match=v*', 'HEAD^');
const published = git('rev-parse', '--verify', '--quiet', 'origin/main');
const base = withProtos(release) ?? withProtos(published === head ? undefined : published) ?? withProtos('HEAD^');
if (base === undefined) {
  console.log('nothing to compare with');
} else {
  console.log(`compared with ${base}`);
  const tree = execFileSync('git', ['archive', '--format=tar', base, 'proto'], { maxBuffer: 1 << 26 });
  const { status } = spawnSync('buf', ['breaking', '--against', '-#format=tar,subdir=proto'], {
    input: tree,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  process.exitCode = status ?? 1;
}
