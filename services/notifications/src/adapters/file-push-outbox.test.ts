/** The outbox as a person and a restarted process find it: files. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Push } from '@clatter/contracts/notifications';
import { ManualClock } from '@clatter/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFilePushOutbox } from './file-push-outbox.ts';

const DAY_MS = 24 * 3_600_000;
let dir: string;
let clock: ManualClock;

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'clatter-outbox-')), 'outbox');
  clock = new ManualClock(Date.UTC(2026, 10, 24, 12));
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const push = (number: number, userId = 'bob', body = `message ${number}`): Push =>
  Push.create({ pushId: `c:${number}:${userId}`, userId, conversationId: 'c', seq: number, title: 'Alice', body });
const pushes = (from: number, to: number): Push[] => Array.from({ length: to - from }, (_, i) => push(from + i));

const linesOf = (name: string): Push[] =>
  readFileSync(join(dir, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Push);
const names = (): string[] => readdirSync(dir).sort();
const all = (): number[] => names().flatMap((name) => linesOf(name).map(({ seq }) => seq));

describe('openFilePushOutbox', () => {
  it('writes a line for each push into the file of the day', async () => {
    const outbox = await openFilePushOutbox(dir, clock);
    await outbox.send([push(1), push(2, 'carol', 'two\nlines “and” 👍')]);
    await clock.advance(DAY_MS);
    await outbox.send([push(3)]);
    expect(names()).toEqual(['push-2026-11-24.jsonl', 'push-2026-11-25.jsonl']);
    expect(linesOf('push-2026-11-24.jsonl')).toEqual([push(1), push(2, 'carol', 'two\nlines “and” 👍')]);
    expect(linesOf('push-2026-11-25.jsonl')).toEqual([push(3)]);
  });

  it('lists the newest first, of one or of all, over files', async () => {
    const outbox = await openFilePushOutbox(dir, clock, { fileBytesMax: 500 });
    for (let i = 1; i <= 20; i++) await outbox.send([push(i, i % 2 ? 'bob' : 'carol')]);
    await clock.advance(DAY_MS);
    await outbox.send([push(21), push(22, 'carol')]);
    const seqs = async (userId: string | undefined, limit: number) =>
      (await outbox.list(userId, limit)).map(({ seq }) => seq);
    expect(await seqs(undefined, 3)).toEqual([22, 21, 20]);
    expect(await seqs('bob', 4)).toEqual([21, 19, 17, 15]);
    expect(await seqs(undefined, 1000)).toEqual(Array.from({ length: 22 }, (_, i) => 22 - i));
    expect(await seqs('nobody', 10)).toEqual([]);
    expect((await outbox.list('carol', 1))[0]).toEqual(push(22, 'carol'));
  });

  it('has a push once: repeated, twice in one call, at the same time, after a restart', async () => {
    const outbox = await openFilePushOutbox(dir, clock);
    await outbox.send([push(1), push(1)]);
    await Promise.all([outbox.send([push(1), push(2)]), outbox.send([push(2), push(3)])]);
    await outbox.close();
    const again = await openFilePushOutbox(dir, clock);
    await again.send([push(1), push(2), push(3), push(4)]);
    await clock.advance(DAY_MS);
    await again.send([push(4), push(5)]);
    const later = await openFilePushOutbox(dir, clock);
    await later.send(pushes(1, 7));
    expect(all()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('knows after a restart what lies in files that were set aside', async () => {
    const outbox = await openFilePushOutbox(dir, clock, { fileBytesMax: 1000 });
    for (let i = 0; i < 50; i++) await outbox.send([push(i)]);
    expect(names().length).toBeGreaterThan(5);
    const again = await openFilePushOutbox(dir, clock, { fileBytesMax: 1000 });
    await again.send(pushes(0, 50));
    expect(all()).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('is bounded: full files are set aside, and the oldest go', async () => {
    const outbox = await openFilePushOutbox(dir, clock, { fileBytesMax: 1000, filesKept: 4 });
    for (let i = 0; i < 100; i++) await outbox.send([push(i)]);
    const kept = names();
    expect(kept).toHaveLength(4);
    expect(kept.at(-1)).toBe('push-2026-11-24.jsonl');
    expect(kept.every((name) => statSync(join(dir, name)).size < 1300)).toBe(true);
    // The newest are there, in order, without a hole.
    const seqs = all();
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => 100 - seqs.length + i));
    for (let day = 0; day < 6; day++) {
      await clock.advance(DAY_MS);
      await outbox.send([push(1000 + day)]);
    }
    expect(names()).toHaveLength(4);
    expect(all()).toEqual([1002, 1003, 1004, 1005]);
  });

  it('is shared by processes: each writes files of its own, and pushes nothing that another has pushed', async () => {
    const options = { fileBytesMax: 1000, filesKept: 40 };
    const one = await openFilePushOutbox(dir, clock, { ...options, process: 'a1' });
    const other = await openFilePushOutbox(dir, clock, { ...options, process: 'b2' });
    for (let i = 0; i < 40; i++) await Promise.all([one.send([push(i)]), other.send([push(100 + i)])]);
    // A partition goes from one to the other, which reads again what was not committed.
    await other.send(pushes(30, 45));
    await one.send([...pushes(40, 45), ...pushes(130, 142)]);
    expect(all().sort((a, b) => a - b)).toEqual([
      ...Array.from({ length: 45 }, (_, i) => i),
      ...Array.from({ length: 42 }, (_, i) => 100 + i),
    ]);
    const owners = names().map((name) => /\.p(\w+)\./.exec(name)?.[1]);
    expect(new Set(owners)).toEqual(new Set(['a1', 'b2']));
    expect(await one.list('bob', 1000)).toHaveLength((await other.list('bob', 1000)).length);
  });

  it('leaves other files alone', async () => {
    mkdirSync(dir);
    for (const name of ['notes.txt', 'push-old.jsonl']) writeFileSync(join(dir, name), 'mine');
    const outbox = await openFilePushOutbox(dir, clock, { fileBytesMax: 100, filesKept: 2 });
    for (let i = 0; i < 10; i++) await outbox.send([push(i)]);
    expect(names()).toHaveLength(4);
    expect(readFileSync(join(dir, 'notes.txt'), 'utf8')).toBe('mine');
    expect(await outbox.list(undefined, 1)).toEqual([push(9)]);
  });

  it('goes on behind half a line of a process that was killed while it wrote', async () => {
    const outbox = await openFilePushOutbox(dir, clock);
    await outbox.send([push(1)]);
    appendFileSync(join(dir, 'push-2026-11-24.jsonl'), `\n${JSON.stringify(push(2)).slice(0, 40)}`);
    const again = await openFilePushOutbox(dir, clock);
    await again.send([push(1), push(2), push(3)]);
    expect((await again.list(undefined, 10)).map(({ seq }) => seq)).toEqual([3, 2, 1]);
  });

  it('fails while the folder cannot be written, and goes on when it can', async () => {
    const outbox = await openFilePushOutbox(dir, clock);
    await outbox.send([push(1)]);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, 'no folder');
    await expect(outbox.send([push(2)])).rejects.toThrow();
    rmSync(dir);
    await outbox.send([push(2)]);
    expect(all()).toEqual([2]);
  });

  it('leaves nothing of a write that failed in the middle: the next try writes all of it once', async () => {
    const open = new URL('./file-push-outbox.js', import.meta.url).href;
    // A process whose files may not grow past 8 KiB: a write past it is cut short, then fails, as on a full disk.
    const source = `
      const { openFilePushOutbox } = await import(${JSON.stringify(open)});
      const outbox = await openFilePushOutbox(${JSON.stringify(dir)}, { nowMs: () => ${clock.nowMs()} });
      await outbox.send(${JSON.stringify(pushes(0, 10))});
      await outbox.send(${JSON.stringify(pushes(10, 100))}).then(() => process.exit(1), (error) => console.log(error.code));`;
    const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', limited, process.execPath, source], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['EFBIG\n', '']);
    expect(all()).toEqual(Array.from({ length: 10 }, (_, i) => i));
    const again = await openFilePushOutbox(dir, clock);
    await again.send(pushes(10, 100));
    expect(all()).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});
