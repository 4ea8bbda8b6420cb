/** A browser for the tests: the Chromium of the system. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  const executablePath = process.env.CLATTER_TEST_CHROMIUM ?? PATHS.find((path) => existsSync(path));
  if (!executablePath) throw new Error('Chromium is missing: tools/provision.sh installs it');
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1440, height: 900 };

/** One person's browser. */
export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained of: thrown errors, breaches of the content security policy, failed files. */
  readonly complaints: string[];
  /** Opens the app in another tab. */
  tab(): Promise<Page>;
  /** Cuts the line, or lets it come back. */
  line(up: boolean): Promise<void>;
}

export async function openWindow(browser: Browser, url: string, viewport = DESK): Promise<Window> {
  const context = await browser.newContext({ viewport, colorScheme: 'light' });
  const complaints: string[] = [];
  const tab = async (): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Refused calls and a cut line are part of the tests.
      const expected = /status of 4\d\d|WebSocket connection|ERR_INTERNET_DISCONNECTED/.test(message.text());
      if (message.type() === 'error' && !expected) complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  };
  const open = new Set<{ close(): Promise<void> }>();
  let isUp = true;
  await context.routeWebSocket(/\/v1\/ws$/, async (socket) => {
    if (!isUp) return socket.close();
    socket.connectToServer();
    open.add(socket);
  });
  return {
    page: await tab(),
    context,
    complaints,
    tab,
    async line(up) {
      isUp = up;
      await context.setOffline(!up);
      if (up) return;
      await Promise.all([...open].map((socket) => socket.close()));
      open.clear();
    },
  };
}
