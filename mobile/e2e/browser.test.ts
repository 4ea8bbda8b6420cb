/** Two people in two browsers, through the exported app, on a whole platform. */
import { ClatterClient } from '@clatter/client';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DESK, PHONE, type Window } from './browser.ts';
import { stage } from './stage.ts';
import { bubble, logIn, openChat, overflows, type Person, row, saidIn, say, signUp, startChat, tick } from './steps.ts';

const here = stage();
const { open, somebody } = here;

async function twoInAChat(viewport = DESK): Promise<{ ann: Window; bob: Window; annas: Person; bobs: Person }> {
  const annas = somebody('Ann');
  const bobs = somebody('Bob');
  const [ann, bob] = await Promise.all([open(viewport), open(viewport)]);
  await Promise.all([signUp(ann.page, annas), signUp(bob.page, bobs)]);
  await startChat(ann.page, bobs);
  return { ann, bob, annas, bobs };
}

test('two people find each other and talk: unread, ticks, typing, the same order for both', async () => {
  const { ann, bob, annas } = await twoInAChat();
  await say(ann.page, 'Hello Bob');
  await tick(ann.page, 'Hello Bob', 'delivered').waitFor();

  await bob.page.getByRole('button', { name: `${annas.name}, 1 unread, Hello Bob` }).waitFor();
  expect(await bob.page.title()).toBe('(1) Clatter');
  await openChat(bob.page, annas.name);
  await bubble(bob.page, 'Hello Bob').waitFor();
  await bob.page.getByText('New messages').waitFor();
  await tick(ann.page, 'Hello Bob', 'read').waitFor();
  await expect.poll(() => bob.page.title()).toBe('Clatter');

  await bob.page.getByLabel('Message', { exact: true }).pressSequentially('Hi');
  await ann.page.getByRole('status', { name: /is typing/ }).waitFor();
  await bob.page.getByLabel('Message', { exact: true }).press('Shift+Enter');
  await bob.page.getByLabel('Message', { exact: true }).pressSequentially('Ann');
  await bob.page.getByLabel('Message', { exact: true }).press('Enter');
  await bubble(ann.page, 'Hi').waitFor();
  expect(await saidIn(ann.page)).toEqual(['Hello Bob', 'Hi\nAnn']);

  await Promise.all([say(ann.page, 'from Ann'), say(bob.page, 'from Bob')]);
  await Promise.all([bubble(ann.page, 'from Bob').waitFor(), bubble(bob.page, 'from Ann').waitFor()]);
  await expect.poll(async () => JSON.stringify(await saidIn(ann.page))).toBe(JSON.stringify(await saidIn(bob.page)));
});

test('messages are answered, edited, deleted and reacted to', async () => {
  const { ann, bob, annas } = await twoInAChat();
  await say(ann.page, 'first draft');
  await tick(ann.page, 'first draft', 'delivered').waitFor();
  await openChat(bob.page, annas.name);
  await bubble(bob.page, 'first draft').hover();
  await bob.page.getByRole('button', { name: 'Reply' }).click();
  await say(bob.page, 'an answer');
  await bubble(ann.page, 'an answer').getByText('first draft').waitFor();

  await bubble(bob.page, 'first draft').getByText('first draft').click({ button: 'right' });
  await bob.page.getByRole('button', { name: 'React with ❤️' }).click();
  await bubble(ann.page, 'first draft').getByRole('button', { name: '❤️, 1' }).waitFor();

  await ann.page.getByLabel('Message', { exact: true }).press('ArrowUp');
  await ann.page.getByText('Edit message').waitFor();
  await say(ann.page, 'second draft');
  await bubble(bob.page, 'edited').getByText('second draft').waitFor();

  // At the beginning of the text: the time lies over its end where the text is short.
  await bubble(bob.page, 'an answer')
    .getByText('an answer')
    .click({ button: 'right', position: { x: 4, y: 4 } });
  await bob.page.getByRole('menuitem', { name: 'Delete for everyone' }).click();
  await bob.page.getByRole('button', { name: 'Delete', exact: true }).click();
  await bubble(ann.page, 'Message deleted').waitFor();
  expect(await ann.page.getByText('an answer').count()).toBe(0);
});

test('what is sent without a line goes out once it is back, once and in order', async () => {
  const { ann, bob, annas } = await twoInAChat();
  await say(ann.page, 'before');
  await tick(ann.page, 'before', 'delivered').waitFor();
  await openChat(bob.page, annas.name);
  await ann.line(false);
  for (const text of ['one', 'two', 'three']) await say(ann.page, text);
  await tick(ann.page, 'three', 'waiting').waitFor();
  await ann.page
    .getByText(/Offline|Connecting/)
    .first()
    .waitFor();
  await ann.line(true);
  await tick(ann.page, 'three', 'read').waitFor();
  await bubble(bob.page, 'three').waitFor();
  expect(await saidIn(bob.page)).toEqual(['before', 'one', 'two', 'three']);
  expect(await saidIn(ann.page)).toEqual(['before', 'one', 'two', 'three']);
});

test('what is sent without a line outlives the page', async () => {
  const { ann, bob, annas } = await twoInAChat();
  await say(ann.page, 'before');
  await tick(ann.page, 'before', 'delivered').waitFor();
  await openChat(bob.page, annas.name);
  await ann.line(false);
  await say(ann.page, 'kept');
  await tick(ann.page, 'kept', 'waiting').waitFor();
  await ann.context.setOffline(false);
  await ann.page.reload();
  await tick(ann.page, 'kept', 'waiting').waitFor();
  await ann.line(true);
  await tick(ann.page, 'kept', 'read').waitFor();
  expect(await saidIn(bob.page)).toEqual(['before', 'kept']);
});

test('a group of three, its name and members, on a phone', async () => {
  const people = [somebody('Ann'), somebody('Bob'), somebody('Cleo')] as const;
  const [ann, bob, cleo] = await Promise.all([open(PHONE), open(PHONE), open(PHONE)]);
  await Promise.all([ann, bob, cleo].map(({ page }, index) => signUp(page, people[index] as Person)));
  await ann.page.getByRole('button', { name: 'New chat' }).click();
  await ann.page.getByRole('button', { name: 'New group' }).click();
  await ann.page.getByLabel('Name of the group').fill('Harbour walk 🌊');
  for (const { username, name } of people.slice(1)) {
    await ann.page.getByLabel('Find people').last().fill(username);
    await ann.page.getByRole('button', { name: `${name}, @${username}` }).click();
  }
  await ann.page.getByRole('button', { name: 'Create group of 3' }).click();
  await ann.page.getByText('You created the group').waitFor();
  await say(ann.page, 'Saturday at ten?');
  await openChat(bob.page, 'Harbour walk 🌊');
  await bubble(bob.page, 'Saturday at ten?').getByText(people[0].name).waitFor();
  await bob.page.getByRole('button', { name: /^Details of/ }).click();
  await bob.page.getByText('3 members').last().waitFor();
  await bob.page.getByRole('button', { name: 'Leave the group' }).click();
  await bob.page.getByRole('button', { name: 'Leave', exact: true }).click();
  await ann.page.getByText(`${people[1].name} left`).waitFor();
});

test('an invite link leads into a group, as long as it is good', async () => {
  const { username, name } = somebody('Olga');
  const olga = await ClatterClient.register(
    { url: here.url },
    { username, displayName: name, password: 'correct horse battery' },
  );
  const { conversationId } = await olga.createGroup('Choir', []);
  const invite = await olga.groups.createInvite(conversationId, { maxUses: 1 });
  const bobs = somebody('Bob');
  const [bob, cleo] = await Promise.all([open(), open()]);
  await Promise.all([signUp(bob.page, bobs), signUp(cleo.page, somebody('Cleo'))]);
  await bob.page.goto(invite.url);
  await bob.page.getByRole('heading', { name: 'Choir' }).waitFor();
  await bob.page.getByRole('button', { name: 'Join', exact: true }).click();
  await bob.page.getByText('You joined by an invite link').waitFor();
  await say(bob.page, 'Hello, choir');
  await expect.poll(async () => (await olga.history(conversationId)).events.at(-1)?.messageNo).toBe(1);
  await cleo.page.goto(invite.url);
  await cleo.page.getByText('This invite is not good any more').waitFor();
  // The server said so, which the browser writes down.
  cleo.complaints.length = 0;
});

test('history comes as one scrolls up, and what one looks at keeps its place', async () => {
  const { ann, bob, annas } = await twoInAChat();
  const lines = Array.from({ length: 230 }, (_, index) => `line ${index} ${'word '.repeat(index % 23)}.`);
  for (const line of lines) await say(ann.page, line);
  await tick(ann.page, 'line 229', 'delivered').waitFor();
  // A device that holds the newest page only.
  await bob.page.evaluate(() => {
    for (const key of Object.keys(localStorage))
      if (/^clatter\/(conversation|cursor)/.test(key)) localStorage.removeItem(key);
  });
  await bob.page.goto(here.url);
  await openChat(bob.page, annas.name);
  await bubble(bob.page, 'line 229').waitFor();
  const log = bob.page.getByRole('log');
  const fromEnd = await log.evaluate((area) => area.scrollHeight - area.scrollTop - area.clientHeight);
  expect(fromEnd).toBeLessThan(2);

  await log.hover();
  const seen = async (): Promise<{ label: string | null; top: number } | undefined> =>
    log.evaluate((area) => {
      const edge = area.getBoundingClientRect().top;
      const articles = [...area.querySelectorAll('[role=article]')];
      const first = articles.find((one) => one.getBoundingClientRect().top >= edge);
      return first && { label: first.getAttribute('aria-label'), top: first.getBoundingClientRect().top };
    });
  const topOf = (label: string): Promise<number | undefined> =>
    log.evaluate((area, name) => {
      const articles = [...area.querySelectorAll('[role=article]')];
      return articles.find((one) => one.getAttribute('aria-label') === name)?.getBoundingClientRect().top;
    }, label);
  const drawn = (): Promise<number> => log.getByRole('article').count();

  let grew = 0;
  for (let tries = 0; tries < 80 && !(await log.getByText('line 0 ').count()); tries++) {
    await bob.page.mouse.wheel(0, -700);
    // A page of history comes within some 30 ms of the scroll.
    await bob.page.waitForTimeout(15);
    const [before, number] = [await seen(), await drawn()];
    await bob.page.waitForTimeout(120);
    if (!before?.label || (await drawn()) === number) continue;
    grew++;
    expect(Math.abs(((await topOf(before.label)) ?? 1e9) - before.top)).toBeLessThan(3);
  }
  await log.getByText('line 0 ').waitFor();
  expect(grew).toBeGreaterThan(0);
  await expect
    .poll(() => saidIn(bob.page).then((all) => all.map((text) => text.split(' ')[1])))
    .toEqual(lines.map((_, index) => `${index}`));
  await bob.page.getByRole('button', { name: 'To the newest message' }).click();
  await bubble(bob.page, 'line 229').waitFor();
});

test.for([
  ['phone', PHONE],
  ['desk', DESK],
] as const)('texts of all kinds fit and come as they were sent: %s', async ([, viewport]) => {
  const { ann, bob, annas } = await twoInAChat(viewport);
  const texts = [
    'w'.repeat(400),
    'مرحبا صوفيا، هل نلتقي غداً في المقهى؟',
    '来週の会議の資料を送りました。',
    '👨‍👩‍👧‍👦',
    'e\u0301 Z̷a̷l̷g̷o̷ \u202Ereversed',
    '<script>alert(1)</script> <b>no</b> &amp;',
    'https://example.org/a?b=c#d, and more',
  ];
  for (const text of texts) await say(ann.page, text);
  await tick(ann.page, 'https://example.org', 'delivered').waitFor();
  await openChat(bob.page, annas.name);
  await bubble(bob.page, 'https://example.org').waitFor();
  expect(await saidIn(bob.page)).toEqual(texts);
  expect(await overflows(bob.page)).toBe(false);
  expect(await overflows(ann.page)).toBe(false);
});

test('a session is kept over a reload and ends by logging out; a wrong password is told', async () => {
  const { ann, annas, bobs } = await twoInAChat();
  await say(ann.page, 'kept');
  await tick(ann.page, 'kept', 'delivered').waitFor();
  await ann.page.reload();
  await bubble(ann.page, 'kept').waitFor();
  await ann.page.getByRole('button', { name: 'Settings' }).click();
  await ann.page.getByRole('radio', { name: 'Dark' }).click();
  await ann.page.getByRole('button', { name: 'Log out', exact: true }).click();
  await ann.page.getByLabel('Username or e-mail').fill(annas.username);
  await ann.page.getByLabel('Password', { exact: true }).fill('not the password');
  await ann.page.getByRole('button', { name: 'Log in', exact: true }).click();
  await ann.page.getByText(/is wrong/).waitFor();
  await ann.page.reload();
  await logIn(ann.page, annas);
  await row(ann.page, bobs.name).waitFor();
  expect(await ann.page.evaluate(() => document.documentElement.style.colorScheme)).toBe('dark');
});

test('a login that wants a second factor asks for a code, and takes a recovery code in its place', async () => {
  const ann = await here.person('Ann');
  const { secret } = await ann.client.factors.beginTotp();
  const authenticator = new TOTP({ secret: Secret.fromBase32(secret) });
  const [recoveryCode = ''] = await ann.client.factors.confirmTotp(authenticator.generate());
  const { page } = await here.open(PHONE);
  await logIn(page, ann);
  await page.getByLabel('Code', { exact: true }).fill('000 000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recoveryCode);
  expect(await overflows(page)).toBe(false);
  await page.getByLabel('Recovery code').press('Enter');
  await page.getByText('No chats yet').waitFor();
});

test('two tabs of one person talk at once: each message once, in the order of its tab, and in both', async () => {
  const { ann, bob, annas, bobs } = await twoInAChat();
  const [one, two] = [ann.page, await ann.tab()];
  await openChat(two, bobs.name);
  const texts = (tab: string): string[] => Array.from({ length: 12 }, (_, index) => `${tab} ${index}`);
  const talk = async (page: Page, tab: string): Promise<void> => {
    for (const text of texts(tab)) await say(page, text);
  };
  await Promise.all([talk(one, 'first'), talk(two, 'second')]);
  await openChat(bob.page, annas.name);
  await expect.poll(async () => (await saidIn(bob.page)).length).toBe(24);
  const heard = await saidIn(bob.page);
  for (const tab of ['first', 'second']) expect(heard.filter((text) => text.startsWith(tab))).toEqual(texts(tab));
  for (const page of [one, two]) await expect.poll(() => saidIn(page)).toEqual(heard);
  // What is written and not sent is in both, too.
  await two.getByLabel('Message', { exact: true }).fill('a draft');
  await expect.poll(() => one.getByLabel('Message', { exact: true }).inputValue()).toBe('a draft');
});

test('what a tab could not send before it was closed is sent by another, once and in order', async () => {
  const { ann, bob, annas, bobs } = await twoInAChat();
  await say(ann.page, 'before');
  await tick(ann.page, 'before', 'delivered').waitFor();
  const other = await ann.tab();
  await openChat(other, bobs.name);
  await bubble(other, 'before').waitFor();
  await openChat(bob.page, annas.name);
  await ann.line(false);
  for (const text of ['left one', 'left two']) await say(ann.page, text);
  await tick(ann.page, 'left two', 'waiting').waitFor();
  await ann.page.close();
  await tick(other, 'left two', 'waiting').waitFor();
  await say(other, 'by the other');
  await ann.line(true);
  await tick(other, 'by the other', 'read').waitFor();
  const all = ['before', 'left one', 'left two', 'by the other'];
  expect([await saidIn(bob.page), await saidIn(other)]).toEqual([all, all]);
  const left = await other.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('clatter/outbox/')));
  expect(left).toEqual([]);
});

test('a login or logout in one tab is one in all of them', async () => {
  const { ann, annas, bobs } = await twoInAChat();
  await say(ann.page, 'here');
  const other = await ann.tab();
  await row(other, bobs.name).waitFor();
  await other.getByRole('button', { name: 'Settings' }).click();
  await other.getByRole('button', { name: 'Log out', exact: true }).click();
  await ann.page.getByText('You were logged out.').waitFor();
  await ann.page.getByLabel('Username or e-mail').waitFor();
  await expect
    .poll(() => other.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('clatter/'))))
    .toEqual([]);
  await other.reload();
  await logIn(other, annas);
  await row(other, bobs.name).waitFor();
  await row(ann.page, bobs.name).waitFor();
});
