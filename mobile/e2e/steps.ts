/** What a person does in the app, by what they read on it. */
import type { Locator, Page } from 'playwright-core';

export interface Person {
  readonly username: string;
  readonly name: string;
}

export const PASSWORD = 'correct horse battery';

export async function signUp(page: Page, { username, name }: Person): Promise<void> {
  await page.getByLabel('Username', { exact: true }).fill(username);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No chats yet').waitFor();
}

export async function logIn(page: Page, { username }: Person): Promise<void> {
  await page.getByText('Have an account?').click();
  await page.getByLabel('Username or e-mail').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password', { exact: true }).press('Enter');
}

export async function startChat(page: Page, { username, name }: Person): Promise<void> {
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await page.getByLabel('Find people').fill(username);
  await page.getByRole('button', { name: `${name}, @${username}` }).click();
  await page.getByLabel('Message', { exact: true }).waitFor();
}

/** The row of a chat in the list. */
export const row = (page: Page, title: string): Locator =>
  page.getByRole('button', { name: new RegExp(`^${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')},`) }).first();

export const openChat = (page: Page, title: string): Promise<void> => row(page, title).click();

export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByLabel('Message', { exact: true });
  await field.fill(text);
  await field.press('Enter');
}

/** The bubble with a text. */
export const bubble = (page: Page, text: string): Locator => page.getByRole('article').filter({ hasText: text }).last();

/** How far an own message got, as screen readers hear it. */
export const tick = (page: Page, text: string, state: 'waiting' | 'sent' | 'delivered' | 'read'): Locator =>
  bubble(page, text).getByRole('img', { name: state });

/** The texts of all bubbles in the order on the screen, by what screen readers hear, without the time. */
export async function saidIn(page: Page): Promise<string[]> {
  const heard = await page.getByRole('article').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  return heard.map((label) => (label ?? '').replace(/^[^:]+: /, '').replace(/, (edited )?[\d:.]+\s*([AP]M)?$/, ''));
}

/** Whether something is wider than the screen. */
export const overflows = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const areas = [document.documentElement, ...document.querySelectorAll('[role=log]')];
    return areas.some((area) => area.scrollWidth > area.clientWidth + 1);
  });
