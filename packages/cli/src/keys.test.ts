/** On the data folder of a stopped platform: everything opens afterwards, and with the new secret alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestNet } from '@clatter/testnet';
import { afterEach, expect, it } from 'vitest';
import { clatter } from './test/program.ts';

const dir = mkdtempSync(join(tmpdir(), 'clatter-keys-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const OLD = 'the secret of before, of 32 characters';
const NEW = 'the secret of now, of 32 characters too';
const account = { email: 'alice@example.org', password: 'correct horse battery' };

it('rotates the keys, and replaces the secret', async () => {
  const start = (env: Record<string, string>) => TestNet.start({ ...env, CLATTER_DATA_DIR: dir });
  {
    await using net = await start({ CLATTER_AUTH_KEY_SECRET: OLD });
    expect((await net.http('POST', '/v1/accounts', account)).status).toBe(201);
  }
  const both = { CLATTER_AUTH_KEY_SECRET: NEW, CLATTER_AUTH_KEY_SECRET_OLD: OLD };
  const rotated = await clatter(['keys', 'rotate', '--data', dir], both);
  expect(rotated).toMatchObject({ code: 0, err: '' });
  expect(rotated.out).toMatch(
    /^3 keys sealed again with the secret of now\n[1-9]\d* values sealed again with a new key\n/,
  );
  const again = await clatter(['keys', 'rotate', '--data', dir], { CLATTER_AUTH_KEY_SECRET: NEW });
  expect(again.out).toContain('0 keys sealed again');
  expect(again.out).toMatch(/\n[1-9]\d* values sealed again with a new key\n1 old keys dropped, 0 kept/);
  await using net = await start({ CLATTER_AUTH_KEY_SECRET: NEW });
  const login = await net.http('POST', '/v1/sessions', { login: account.email, password: account.password });
  expect(login.status).toBe(201);
  const refused = await clatter(['keys', 'rotate', '--data', dir], { CLATTER_AUTH_KEY_SECRET: NEW });
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('in use') });
}, 300_000);
