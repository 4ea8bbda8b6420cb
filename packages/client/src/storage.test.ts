import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FileStorage } from './node.ts';
import { clientStorageContract } from './storage.contract.ts';
import { MemoryStorage } from './storage.ts';
import { type WebPage, WebStorage } from './web-storage.ts';

/** The browser's Storage, with a quota in characters. */
class FakeWebStorage {
  readonly values = new Map<string, string>();
  readonly #quota: number;

  constructor(quota = Number.POSITIVE_INFINITY) {
    this.#quota = quota;
  }

  get length(): number {
    return this.values.size;
  }

  key(index: number): string | null {
    return [...this.values.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    const size = [...this.values].reduce(
      (sum, [other, held]) => sum + (other === key ? 0 : other.length + held.length),
      0,
    );
    if (size + key.length + value.length > this.#quota) throw new DOMException('full', 'QuotaExceededError');
    this.values.set(key, value);
  }

  removeItem(key: string): void {
    this.values.delete(key);
  }
}

const dirs: string[] = [];
const file = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-client-'));
  dirs.push(dir);
  return join(dir, 'client.jsonl');
};
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

clientStorageContract('MemoryStorage', () => ({ storage: new MemoryStorage() }));
clientStorageContract('WebStorage', () => {
  const page = new FakeWebStorage();
  page.setItem('something of another program', 'x');
  return { storage: new WebStorage(page), reopen: () => new WebStorage(page) };
});
clientStorageContract('FileStorage', () => {
  const path = file();
  return { storage: new FileStorage(path), reopen: () => new FileStorage(path) };
});

describe('WebStorage', () => {
  it('makes room for what only this device has, by what the server has too', async () => {
    const page = new FakeWebStorage(1000);
    const storage = new WebStorage(page);
    await storage.set('session', 'tokens');
    await storage.set('conversation/1', 'x'.repeat(400));
    await storage.set('conversation/2', 'x'.repeat(400));
    await storage.set('outbox/1', 'y'.repeat(500));
    expect((await storage.entries('')).map(([key]) => key)).toEqual(['outbox/1', 'session']);
    // What is cached is not worth an error.
    await storage.set('conversation/3', 'x'.repeat(900));
    expect(await storage.get('conversation/3')).toBeUndefined();
    expect(await storage.get('outbox/1')).toBe('y'.repeat(500));
    await expect(storage.set('outbox/2', 'y'.repeat(900))).rejects.toThrow('full');
  });

  it('tells of what other pages did to its own keys, until that is ended', () => {
    const page = new FakeWebStorage();
    const events = new EventTarget();
    const storage = new WebStorage(page, 'clatter/', events as unknown as WebPage);
    const heard: (string | undefined)[] = [];
    const end = storage.onChange((key) => heard.push(key));
    const tell = (key: string | null, storageArea: unknown = page): boolean =>
      events.dispatchEvent(Object.assign(new Event('storage'), { key, storageArea }));
    tell('clatter/session');
    tell('clatter-preferences/theme');
    tell('clatter/session', new FakeWebStorage());
    tell(null);
    expect(heard).toEqual(['session', undefined]);
    end();
    tell('clatter/session');
    expect(heard.length).toBe(2);
    expect(storage.exclusively).toBeUndefined();
  });

  it('leaves alone what is not its own', async () => {
    const page = new FakeWebStorage();
    page.setItem('clatter-preferences/theme', 'dark');
    const storage = new WebStorage(page);
    await storage.set('a', '1');
    expect(await storage.entries('')).toEqual([['a', '1']]);
  });
});

describe('FileStorage', () => {
  it('drops the line of a program that was killed while it wrote, and goes on behind it', async () => {
    const path = file();
    const storage = new FileStorage(path);
    await storage.set('a', '1');
    appendFileSync(path, '["b","half of');
    const again = new FileStorage(path);
    expect(await again.entries('')).toEqual([['a', '1']]);
    await again.set('c', '3');
    expect(await new FileStorage(path).entries('')).toEqual([
      ['a', '1'],
      ['c', '3'],
    ]);
  });

  it('is bounded by what it holds, however often it is overwritten, and private', async () => {
    const path = file();
    const storage = new FileStorage(path);
    for (let index = 0; index < 25_000; index++) await storage.set('counter', String(index));
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(10_010);
    expect(await new FileStorage(path).get('counter')).toBe('24999');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('starts with an empty file as with none', async () => {
    const path = file();
    writeFileSync(path, '');
    expect(await new FileStorage(path).entries('')).toEqual([]);
  });
});
