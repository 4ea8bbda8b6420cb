/** What one makes of chats for oneself, and what a message can be beside text, through the exported app. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { PHONE } from './browser.ts';
import { stage } from './stage.ts';
import { bubble, openChat, overflows, row, say, tick } from './steps.ts';

const here = stage();

/** Chooses from the menu of a chat, as its right click opens it. */
async function choose(page: Page, title: string, ...acts: string[]): Promise<void> {
  await row(page, title).click({ button: 'right' });
  for (const act of acts) await page.getByRole('menuitem', { name: act, exact: true }).click();
}

/** The names of the chats in the list, from the top. */
const listed = (page: Page, titles: readonly string[]): Promise<string[]> =>
  page
    .getByRole('button')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')?.split(',')[0] ?? ''))
    .then((labels) => labels.filter((label) => titles.includes(label)));

test('chats are pinned in order, muted, archived, marked and hidden, and drafts follow, on two devices', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const titles = ['Choir', 'Harbour', 'Chess'];
  const groups = new Map<string, string>();
  for (const title of titles)
    groups.set(title, (await ann.client.createGroup(title, [bob.client.userId])).conversationId);
  const idOf = (title: string): string => groups.get(title) as string;
  const [{ page }, phone] = [await here.window(ann), await here.window(ann, PHONE)];
  const onBoth = async (wanted: readonly string[]): Promise<void> => {
    for (const one of [page, phone.page]) await expect.poll(() => listed(one, titles)).toEqual(wanted);
  };

  await choose(page, 'Choir', 'Pin to the top');
  await page.getByRole('button', { name: /^Choir, .*pinned$/ }).waitFor();
  await choose(page, 'Harbour', 'Pin to the top');
  await onBoth(['Harbour', 'Choir', 'Chess']);
  // By the keyboard alone.
  await row(phone.page, 'Harbour').focus();
  await phone.page.keyboard.press('Tab');
  await phone.page.keyboard.press('Enter');
  await phone.page.getByRole('menu', { name: 'Options for Harbour' }).waitFor();
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await phone.page.keyboard.press(key);
  await onBoth(['Choir', 'Harbour', 'Chess']);

  await choose(page, 'Harbour', 'Mute', 'For 8 hours');
  await phone.page.getByRole('button', { name: /^Harbour, .*muted$/ }).waitFor();
  await choose(page, 'Chess', 'Mark as unread');
  await phone.page.getByRole('button', { name: /^Chess, marked as unread/ }).waitFor();
  await expect.poll(() => phone.page.title()).toBe('(1) Clatter');
  await openChat(phone.page, 'Chess');
  await expect.poll(() => page.getByRole('button', { name: /^Chess, marked as unread/ }).count()).toBe(0);

  await phone.page.getByLabel('Message', { exact: true }).fill('half a thought');
  await row(page, 'Chess').getByText('Draft:').waitFor();
  await openChat(page, 'Chess');
  await expect.poll(() => page.getByLabel('Message', { exact: true }).inputValue()).toBe('half a thought');
  await say(page, 'a whole one');
  await expect.poll(() => phone.page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
  await phone.page.getByRole('button', { name: 'Back to the chats' }).click();

  await choose(phone.page, 'Harbour', 'Archive');
  await onBoth(['Choir', 'Chess']);
  await page.getByRole('button', { name: 'Archived, 1 chat' }).click();
  await row(page, 'Harbour').waitFor();
  await page.getByRole('button', { name: 'Back to all chats' }).click();
  await phone.page.getByRole('button', { name: 'Archived, 1 chat' }).click();
  await choose(phone.page, 'Harbour', 'Take out of the archive');
  await phone.page.getByText('The archive is empty').waitFor();
  await phone.page.getByRole('button', { name: 'Back to all chats' }).click();
  await onBoth(['Choir', 'Chess', 'Harbour']);

  await phone.page.getByLabel('Search chats').fill('nothing of that name');
  await phone.page.getByText('No chat found').waitFor();
  await phone.page.getByLabel('Search chats').fill('');
  // From the chat itself: it is left, for it is in no list any more.
  await page.getByRole('button', { name: 'Options for this chat' }).click();
  await page.getByRole('menuitem', { name: 'Hide chat' }).click();
  await page.getByRole('button', { name: 'Hide', exact: true }).click();
  await page.getByText('Choose a chat').waitFor();
  await onBoth(['Choir', 'Harbour']);
  await bob.client.connect();
  await bob.client.send(idOf('Chess'), 'hello again').acked;
  await onBoth(['Choir', 'Chess', 'Harbour']);
  expect(await overflows(phone.page)).toBe(false);
});

test('a message is deleted for oneself alone; contacts and places are sent, with and without leave to ask where one is', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const { conversationId } = await ann.client.openDirect(bob.client.userId);
  await bob.client.connect();
  for (const text of ['stays', 'goes']) await bob.client.send(conversationId, text).acked;
  const { page, context } = await here.window(ann, PHONE);
  await openChat(page, bob.name);
  await bubble(page, 'goes')
    .getByText('goes')
    .click({ button: 'right', position: { x: 4, y: 4 } });
  await page.getByRole('menuitem', { name: 'Delete for me' }).click();
  await page.getByRole('button', { name: 'Delete for me', exact: true }).click();
  await expect.poll(() => bubble(page, 'goes').count()).toBe(0);
  await bubble(page, 'stays').waitFor();
  const heldByBob = bob.client.timeline(conversationId);
  expect(heldByBob.filter((entry) => entry.kind === 'message' && !entry.message.deleted)).toHaveLength(2);

  const attach = async (what: string): Promise<void> => {
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByRole('menuitem', { name: what }).click();
  };
  await attach('Contact');
  await page.getByLabel('Find a contact').fill(bob.username);
  await page.getByRole('button', { name: `${bob.name}, @${bob.username}` }).click();
  await page.getByRole('button', { name: `Message ${bob.name}` }).waitFor();
  await attach('Contact');
  await page.getByRole('radio', { name: 'Somebody else' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Harbour master');
  await page.getByLabel('Phone number').fill('+49 40 1234');
  await page.getByRole('button', { name: 'Send contact' }).click();
  await page.getByRole('link', { name: '+49 40 1234' }).waitFor();

  await attach('Location');
  await page.getByRole('button', { name: 'Use where I am' }).click();
  await page.getByRole('alert').filter({ hasText: 'Type the coordinates instead' }).waitFor();
  await page.getByLabel('Latitude').fill('95');
  await page.getByText('Degrees between −90 and 90').waitFor();
  await page.getByLabel('Latitude').fill('53.54, 9.98');
  await page.getByLabel('Name of the place').fill('Harbour');
  await page.getByRole('button', { name: 'Send location' }).click();
  await page.getByRole('link', { name: 'Harbour, open the map' }).waitFor();

  await context.grantPermissions(['geolocation']);
  await context.setGeolocation({ latitude: 52.52, longitude: 13.405, accuracy: 20 });
  await attach('Location');
  await page.getByRole('button', { name: 'Use where I am' }).click();
  await page.getByText('Found, within 20 m').waitFor();
  await page.getByRole('button', { name: 'Send location' }).click();
  await page.getByText('within 20 m').waitFor();
  await tick(page, 'Location', 'delivered').waitFor();
  expect(await overflows(page)).toBe(false);
});

test('a channel is begun, people are added, and who may mention all and pin is said', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const [{ page }, bobs] = [await here.window(ann), await here.window(bob, PHONE)];
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await page.getByRole('button', { name: 'New channel' }).click();
  await page.getByLabel('Name of the channel').fill('Harbour news');
  await page.getByRole('button', { name: 'Create channel of 1' }).click();
  await say(page, 'The ferry is late');
  await page.getByRole('button', { name: /^Details of/ }).click();
  await page.getByRole('button', { name: 'Add people' }).click();
  await page.getByLabel('Find people').fill(bob.username);
  await page.getByRole('button', { name: `${bob.name}, @${bob.username}` }).click();
  await page.getByRole('button', { name: /^Add/ }).last().click();
  await page.getByText('2 members').first().waitFor();
  await openChat(bobs.page, 'Harbour news');
  await bobs.page.getByText('Only admins can send messages here.').waitFor();

  await page.getByRole('button', { name: 'Permissions' }).click();
  for (const act of ['Who may send messages', 'Who may mention everybody']) {
    const choice = page.getByRole('radiogroup', { name: act }).getByRole('radio', { name: 'All members' });
    await choice.click();
    await expect.poll(() => choice.getAttribute('aria-checked')).toBe('true');
  }
  await page
    .getByRole('radiogroup', { name: 'Who may pin messages' })
    .getByRole('radio', { name: 'Only admins' })
    .click();
  // With a space behind it: else Enter takes whom the list offers.
  await say(bobs.page, 'hello @all ');
  const calls = page.getByRole('button', { name: /^Harbour news, 1 unread, you are mentioned/ });
  await calls.waitFor();
  await expect
    .poll(async () => {
      await ann.client.connect();
      return ann.client.conversations().find(({ kind }) => kind === 'channel')?.settings;
    })
    .toMatchObject({ sendRole: 'member', mentionAllRole: 'member', pinRole: 'admin' });
});

test('somebody is reported, blocked and let in again, and who sees when one is online is said', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const { conversationId } = await ann.client.openDirect(bob.client.userId);
  const { page } = await here.window(ann, PHONE);
  await page.goto(`${here.url}/details/${conversationId}`);
  await page.getByRole('button', { name: 'Add to your contacts' }).click();
  await page.getByRole('button', { name: 'Remove from your contacts' }).waitFor();
  await page.getByRole('button', { name: 'Report' }).click();
  await page.getByRole('menuitem', { name: 'Spam' }).click();
  await page.getByText('Reported to the operator').waitFor();
  await page.getByRole('button', { name: 'Block' }).click();
  await page.getByRole('button', { name: 'Block', exact: true }).last().click();
  await page.getByText('Blocked', { exact: true }).waitFor();
  await page.goto(`${here.url}/settings`);
  await page.getByRole('button', { name: 'Privacy' }).click();
  await page
    .getByRole('radiogroup', { name: 'Who sees when you are online' })
    .getByRole('radio', { name: 'Contacts' })
    .click();
  await expect.poll(async () => (await ann.client.relations.privacy()).presence).toBe('contacts');
  expect(await overflows(page)).toBe(false);
  await page.getByRole('button', { name: 'Unblock' }).click();
  await page.getByText('You block nobody.').waitFor();
  expect((await ann.client.relations.blocked()).items).toEqual([]);
});
