/** Messages that disappear and messages that are sent later, as two people do it in the exported app. */
import { fileURLToPath } from 'node:url';
import { TestNet } from '@clatter/testnet';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DESK, launch, openWindow, PHONE } from './browser.ts';
import { overflows, say, signUp, startChat } from './steps.ts';

let net: TestNet;
let browser: Browser;

beforeAll(async () => {
  net = await TestNet.start({ CLATTER_WEB_DIR: fileURLToPath(new URL('../dist', import.meta.url)) });
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await net?.[Symbol.asyncDispose]();
});

/** A picture of the page, for whoever asks for them by CLATTER_TEST_PICTURES. */
async function picture(page: Page, name: string): Promise<void> {
  const dir = process.env.CLATTER_TEST_PICTURES;
  if (dir) await page.screenshot({ path: `${dir}/${name}.png` });
}

test.each([
  ['a phone in the dark', PHONE, 'dark' as const],
  ['a desk in the light', DESK, 'light' as const],
])(
  'on %s',
  async (_, viewport, colorScheme) => {
    const mark = `${viewport.width}`;
    const [anns, bobs] = ['Ann', 'Bob'].map((name) => ({
      username: `${name.toLowerCase()}.${mark}`,
      name: `${name} ${mark}`,
    }));
    if (!anns || !bobs) throw new Error('two people');
    const [ann, bob] = await Promise.all([1, 2].map(() => openWindow(browser, net.url, viewport)));
    if (!ann || !bob) throw new Error('two windows');
    await Promise.all([ann, bob].map(({ page }) => page.emulateMedia({ colorScheme })));
    await Promise.all([signUp(ann.page, anns), signUp(bob.page, bobs)]);
    await startChat(ann.page, bobs);
    const { page } = ann;

    await page.getByRole('button', { name: /^Details of/ }).click();
    await page.getByRole('radio', { name: '1 day' }).click();
    await page.getByRole('radio', { name: '1 day', checked: true }).waitFor();
    await picture(page, `details-${mark}`);
    expect(await overflows(page)).toBe(false);
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    if (viewport === DESK) await page.getByRole('button', { name: /^Bob/ }).first().click();
    await page.getByRole('img', { name: 'Messages disappear after 1 day' }).waitFor();
    await say(page, 'This goes away');
    // Once it is stored: before, nobody knows when it will be gone.
    await page.getByRole('article', { name: /This goes away, .*, disappears$/ }).waitFor();

    await page.getByLabel('Message', { exact: true }).fill('Happy birthday, tomorrow!');
    await page.getByRole('button', { name: 'Send later' }).click();
    await page.getByRole('menuitem', { name: /^Tomorrow morning/ }).waitFor();
    // It fades in.
    await page.waitForTimeout(400);
    await picture(page, `menu-${mark}`);
    await page.getByRole('menuitem', { name: /^Tomorrow morning/ }).click();
    const banner = page.getByRole('button', { name: /^A message goes out/ });
    await banner.waitFor();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    await picture(page, `chat-${mark}`);
    expect(await overflows(page)).toBe(false);
    await banner.click();
    await page.getByText('Happy birthday, tomorrow!').waitFor();
    await picture(page, `scheduled-${mark}`);
    expect(await overflows(page)).toBe(false);
    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('Nothing is scheduled').first().waitFor();
    for (const { complaints, context } of [ann, bob]) {
      expect(complaints).toEqual([]);
      await context.close();
    }
  },
  120_000,
);
