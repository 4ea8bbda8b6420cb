/**
 * What browser tests play on: a whole platform and a browser, one for each file, and windows that are closed after each test. CLATTER_TEST_URL
 * names a platform that runs already; without it one is started here, with the export in mobile/dist.
 */
import { fileURLToPath } from 'node:url';
import { ClatterClient } from '@clatter/client';
import { TestNet } from '@clatter/testnet';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { DESK, launch, openWindow, type Window } from './browser.ts';
import { logIn, PASSWORD, type Person } from './steps.ts';

export interface Stage {
  readonly url: string;
  open(viewport?: { width: number; height: number }): Promise<Window>;
  /** Somebody whom no other test knows. */
  somebody(name: string): Person;
  /** The same, with an account, on a device without a screen. */
  person(name: string): Promise<Person & { readonly client: ClatterClient }>;
  /** The window of somebody who has an account. */
  window(person: Person, viewport?: { width: number; height: number }): Promise<Window>;
}

export function stage(): Stage {
  let net: TestNet | undefined;
  let browser: Browser;
  let url = process.env.CLATTER_TEST_URL ?? '';
  let windows: Window[] = [];
  let clients: ClatterClient[] = [];
  let count = 0;

  beforeAll(async () => {
    if (url === '') {
      net = await TestNet.start({ CLATTER_WEB_DIR: fileURLToPath(new URL('../dist', import.meta.url)) });
      url = net.url;
    }
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await net?.[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    const complaints = windows.flatMap((window) => window.complaints);
    await Promise.all([...windows.map(({ context }) => context.close()), ...clients.map((client) => client.close())]);
    windows = [];
    clients = [];
    expect(complaints).toEqual([]);
  });

  const somebody = (name: string): Person => {
    const mark = `${Date.now().toString(36)}${count++}`;
    return { username: `${name.toLowerCase()}.${mark}`, name: `${name} ${mark}` };
  };
  const open = async (viewport = DESK): Promise<Window> => {
    const window = await openWindow(browser, url, viewport);
    windows.push(window);
    return window;
  };
  return {
    get url() {
      return url;
    },
    open,
    somebody,
    async person(name) {
      const person = somebody(name);
      const { username, name: displayName } = person;
      const client = await ClatterClient.register({ url }, { username, displayName, password: PASSWORD });
      clients.push(client);
      return { ...person, client };
    },
    async window(person, viewport = DESK) {
      const window = await open(viewport);
      await logIn(window.page, person);
      await window.page.getByRole('button', { name: 'New chat' }).first().waitFor();
      return window;
    },
  };
}
