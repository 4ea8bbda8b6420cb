/** What every ClientStorage promises. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientStorage } from './storage.ts';

export interface StorageUnderTest {
  readonly storage: ClientStorage;
  /** Ends the program as a kill does, and opens what it left; absent where nothing outlives it. */
  readonly reopen?: () => ClientStorage;
  readonly dispose?: () => void;
}

export function clientStorageContract(name: string, open: () => StorageUnderTest): void {
  describe(`${name} as a ClientStorage`, () => {
    const opened: StorageUnderTest[] = [];
    const make = (): StorageUnderTest => {
      const made = open();
      opened.push(made);
      return made;
    };
    afterEach(() => {
      for (const made of opened.splice(0)) made.dispose?.();
    });

    it('gives what was set last, and nothing for what was deleted or never set', async () => {
      const { storage } = make();
      expect(await storage.get('a')).toBeUndefined();
      await storage.set('a', '1');
      await storage.set('a', '2');
      await storage.set('b', '');
      expect([await storage.get('a'), await storage.get('b')]).toEqual(['2', '']);
      await storage.delete('a');
      await storage.delete('never set');
      expect(await storage.get('a')).toBeUndefined();
    });

    it('lists by prefix, in order of key', async () => {
      const { storage } = make();
      for (const key of ['outbox/2', 'session', 'outbox/10', 'outbox/1', 'out'])
        await storage.set(key, `value of ${key}`);
      expect(await storage.entries('outbox/')).toEqual([
        ['outbox/1', 'value of outbox/1'],
        ['outbox/10', 'value of outbox/10'],
        ['outbox/2', 'value of outbox/2'],
      ]);
      expect((await storage.entries('')).map(([key]) => key)).toEqual([
        'out',
        'outbox/1',
        'outbox/10',
        'outbox/2',
        'session',
      ]);
      expect(await storage.entries('nothing/')).toEqual([]);
    });

    it('keeps texts exactly', async () => {
      const { storage } = make();
      const texts = [
        '',
        ' ',
        'line\nline\r\n',
        '{"a":[1]}',
        'null',
        '"',
        '\\u0000 \u0000',
        '👩‍👩‍👧‍👦 \u2028 مرحبا',
        'x'.repeat(100_000),
      ];
      for (const [index, text] of texts.entries()) await storage.set(`text/${String(index).padStart(2, '0')}`, text);
      expect((await storage.entries('text/')).map(([, value]) => value)).toEqual(texts);
    });

    it('keeps what was resolved over a kill', async () => {
      const { storage, reopen } = make();
      if (!reopen) return expect(storage.isVolatile).toBe(true);
      await Promise.all(Array.from({ length: 50 }, (_, index) => storage.set(`k/${index % 20}`, `v${index}`)));
      await storage.delete('k/0');
      await storage.set('z', 'last');
      const before = await storage.entries('');
      const again = reopen();
      expect(await again.entries('')).toEqual(before);
      await again.set('k/0', 'back');
      expect(await again.get('k/0')).toBe('back');
    });
  });
}
