/** What the documents show is run as it stands there, against a running platform; only the address is another. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ClatterClient } from '@clatter/client';
import type { ServerFrame } from '@clatter/wire';
import { afterEach, expect, it } from 'vitest';
import { RawSocket, TestNet, until } from './index.ts';
import { PASSWORD } from './people.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../../..');
const ADDRESS = /(http:\/\/)?localhost:8080/g;

/** The fenced blocks of a document in one language; '' for those that name none. */
function blocks(document: string, language: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  );
}

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-documents-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

it('the commands of docs/http.md work one after the other', async () => {
  await using net = await TestNet.start();
  const script = blocks('docs/http.md', 'sh').join('\n').replaceAll(ADDRESS, net.url);
  expect(script).toContain(net.url);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: temporaryDir() });
  const [sent, page] = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  expect(sent).toMatchObject({ seq: '2', messageNo: '1' });
  expect(page.events.at(-1)).toMatchObject({ seq: '2', message: { content: { text: { body: 'hello' } } } });
});

it('the frames of docs/websocket.md are answered as it shows', async () => {
  await using net = await TestNet.start();
  const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
  const { conversationId } = await alice.openDirect(bob.userId);
  const lines = (blocks('docs/websocket.md', '')[0] ?? '').split('\n').filter((line) => line !== '');
  const mine: Record<string, string> = { token: alice.accessToken, conversationId, seq: '1', cursor: '' };
  const socket = await RawSocket.open(net.url);
  const shown = { sent: 0, answered: 0 };
  for (const line of lines) {
    const text = line
      .slice(2)
      .replaceAll(/"(\w+)":"…"/g, (_, name: string) => `"${name}":${JSON.stringify(mine[name] ?? '')}`)
      .replace('<uuid>', crypto.randomUUID());
    if (line.startsWith('→')) {
      socket.send(text);
      shown.sent++;
      continue;
    }
    // What a frame of the server shows: its ref, its body, and the names of its fields.
    const [, ref = '', body = ''] = /^\{"ref":(\d+),"(\w+)"/.exec(text) ?? [];
    const frame = await until(line, () =>
      socket.frames.find((one) => one.ref === Number(ref) && one[body as keyof ServerFrame] !== undefined),
    );
    for (const [, name = ''] of text.slice(text.indexOf(body) + body.length).matchAll(/"(\w+)":/g))
      expect(frame[body as keyof ServerFrame], line).toHaveProperty(name);
    shown.answered++;
  }
  expect(shown).toEqual({ sent: 3, answered: 4 });
  socket.close();
});

it('the bot of README.md answers once what is said to it, killed or not, and not what was said before it was there', async () => {
  await using net = await TestNet.start();
  const source = blocks('README.md', 'ts')[0] ?? '';
  const dir = temporaryDir();
  // Beside this file, where packages are found; it runs in a folder of its own.
  const file = join(HERE, `bot-${process.pid}.ts`);
  writeFileSync(file, source.replaceAll(ADDRESS, net.url));
  undo.push(() => rmSync(file));
  const password = /password: '([^']+)'/.exec(source)?.[1] ?? PASSWORD;
  const account = await net.http('POST', '/v1/accounts', { username: 'echo-bot', password });
  expect(account.status).toBe(201);
  const alice = await net.person('alice');
  const { conversationId } = await alice.openDirect(account.body.user.userId);
  await alice.send(conversationId, 'long ago').acked;

  const start = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [file], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
    undo.push(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      output += data.toString();
    });
    await until('the bot to listen', () => {
      if (child.exitCode !== null) throw new Error(`the bot ended: ${output}`);
      return output.includes('listens');
    });
    return child;
  };
  const answers = (): (string | undefined)[] =>
    alice
      .events(conversationId)
      .filter(({ senderId, message }) => message && senderId !== alice.userId)
      .map(({ message }) => message?.content?.text?.body);

  const bot = await start();
  await alice.send(conversationId, 'hello').acked;
  await until('an answer', () => answers().length > 0);
  expect(answers()).toEqual(['You said: hello']);
  const ended = new Promise((resolve) => bot.once('exit', resolve));
  bot.kill('SIGKILL');
  await ended;
  await alice.send(conversationId, 'while you slept').acked;
  await start();
  await until('an answer to what came meanwhile', () => answers().length > 1);
  await alice.send(conversationId, 'again').acked;
  await until('the last answer', () => answers().length > 2);
  expect(answers()).toEqual(['You said: hello', 'You said: while you slept', 'You said: again']);
});

it('the page of docs/sdk.md logs in, draws what is said and sends, and goes on where it was after a reload', async () => {
  await using net = await TestNet.start();
  const [alice, bob] = (await net.people('alice', 'bob')) as [ClatterClient, ClatterClient];
  const { conversationId } = await alice.openDirect(bob.userId);
  const { username } = await bob.me();
  const around = `
    const [login = '', password = '', conversationId = ''] = process.argv.slice(2);
    const draw = (lines: readonly unknown[]): void => console.log('drawn', lines.length);
    const showLogin = (): void => console.log('logged out');
  `;
  const source = (blocks('docs/sdk.md', 'ts')[0] ?? '').replace('https://chat.example.org', net.url);
  const dir = temporaryDir();
  const file = join(HERE, `page-${process.pid}.ts`);
  writeFileSync(file, around + source);
  undo.push(() => rmSync(file));
  const said = (): number => alice.events(conversationId).filter(({ message }) => message).length;
  // A password that was right once alone: the second run has the session.
  for (const password of [PASSWORD, 'none']) {
    const before = said();
    const storage = ['--experimental-webstorage', '--localstorage-file=page.db'];
    const page = spawn(process.execPath, [...storage, file, username, password, conversationId], { cwd: dir });
    undo.push(() => page.kill('SIGKILL'));
    let output = '';
    for (const stream of [page.stdout, page.stderr])
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    await until('what the page sends', () => {
      if (page.exitCode !== null) throw new Error(`the page ended: ${output}`);
      return said() > before && output.includes('drawn');
    });
    const ended = new Promise((resolve) => page.once('exit', resolve));
    page.kill('SIGKILL');
    await ended;
    expect(said()).toBe(before + 1);
  }
});
