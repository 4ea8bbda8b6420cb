/** What one does with a group beside talking in it, through the exported app. */
import { expect, test } from 'vitest';
import { PHONE } from './browser.ts';
import { stage } from './stage.ts';
import { bubble, openChat, overflows, say, tick } from './steps.ts';

const here = stage();

const details = (conversationId: string): string => `${here.url}/details/${conversationId}`;

test('an admin edits a group and says who may send; the others see it at once', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const { conversationId } = await ann.client.createGroup('Choir', [bob.client.userId]);
  const [{ page }, bobs] = [await here.window(ann), await here.window(bob)];
  await openChat(bobs.page, 'Choir');
  await page.goto(details(conversationId));
  await page.getByRole('button', { name: 'Edit group' }).click();
  await page.getByLabel('Name of the group').fill('Chamber choir');
  await page.getByLabel('Description').fill('We sing\non Tuesdays');
  await page.getByLabel('Address of a picture').fill('nowhere');
  await page.getByText('An address that begins with https://').waitFor();
  expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await page.getByLabel('Address of a picture').fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('on Tuesdays').waitFor();
  await bobs.page.getByRole('heading', { name: 'Chamber choir' }).waitFor();

  await page.getByRole('button', { name: 'Permissions' }).click();
  const sending = page.getByRole('radiogroup', { name: 'Who may send messages' });
  await sending.getByRole('radio', { name: 'Only admins' }).click();
  await bobs.page.getByText('Only admins can send messages here.').waitFor();
  await sending.getByRole('radio', { name: 'All members' }).click();
  await bobs.page.getByLabel('Message', { exact: true }).waitFor();
  await page.getByRole('switch', { name: 'History for new members' }).click();
  await expect.poll(() => page.getByRole('switch').getAttribute('aria-checked')).toBe('true');
  await expect
    .poll(async () => {
      await ann.client.connect();
      return ann.client.conversation(conversationId)?.settings?.fullHistory;
    })
    .toBe(true);
});

test('members are found, given roles, removed, banned and let in again, on a phone', async () => {
  const people = await Promise.all(['Ann', 'Bob', 'Cleo', 'Dora'].map((name) => here.person(name)));
  const [ann, bob, cleo, dora] = people as [Person, Person, Person, Person];
  const { conversationId } = await ann.client.createGroup('Choir', [bob.client.userId, cleo.client.userId]);
  const { page } = await here.window(ann, PHONE);
  await page.goto(details(conversationId));
  const member = ({ name }: Person) => page.getByRole('button', { name: new RegExp(`^${name}`) }).last();
  const menu = async (person: Person, act: string): Promise<void> => {
    await member(person).click();
    await page.getByRole('menuitem', { name: act }).click();
  };
  await menu(bob, 'Make admin');
  await page.getByRole('button', { name: `${bob.name}, admin` }).waitFor();
  await menu(bob, 'Take the admin role away');
  await page.getByRole('button', { name: bob.name, exact: true }).waitFor();

  await menu(cleo, 'Ban');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await menu(cleo, 'Ban');
  await page.getByRole('button', { name: 'Ban', exact: true }).click();
  await member(cleo).waitFor({ state: 'detached' });
  await menu(bob, 'Remove from the group');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('1 member', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Banned people' }).click();
  await page.getByText(cleo.name).waitFor();
  await page.getByRole('button', { name: 'Lift ban' }).click();
  await page.getByText('Nobody is banned').waitFor();
  await page.getByRole('button', { name: 'Back' }).click();

  await page.getByRole('button', { name: 'Add people' }).click();
  for (const person of [cleo, dora]) {
    await page.getByLabel('Find people').fill(person.username);
    await page.getByRole('button', { name: `${person.name}, @${person.username}` }).click();
  }
  await page.getByRole('button', { name: 'Add 2 people' }).click();
  await page.getByText('3 members').last().waitFor();
  await menu(dora, 'Pass ownership on');
  await page.getByRole('button', { name: 'Pass on' }).click();
  await page.getByRole('button', { name: `${dora.name}, owner` }).waitFor();
  expect(await overflows(page)).toBe(false);
});

type Person = Awaited<ReturnType<typeof here.person>>;

test('an invite link is made, shown, followed and ended', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const { conversationId } = await ann.client.createGroup('Choir', []);
  const [{ page }, bobs] = [await here.window(ann), await here.window(bob, PHONE)];
  await page.goto(details(conversationId));
  await page.getByRole('button', { name: 'Invite links' }).click();
  await page.getByText('No link lets anybody in now.').waitFor();
  await page.getByRole('radio', { name: '1 day' }).click();
  await page
    .getByRole('radiogroup', { name: 'People it lets in' })
    .getByRole('radio', { name: '5', exact: true })
    .click();
  await page.getByRole('button', { name: 'Make link' }).click();
  const shown = page.getByText('/invite/');
  await page.getByText('Expires in 24 h · 0 of 5 used').waitFor();
  const url = (await shown.textContent()) ?? '';
  await bobs.page.goto(url);
  await bobs.page.getByText('1 member · Expires in').waitFor();
  await bobs.page.getByRole('button', { name: 'Join', exact: true }).click();
  await bobs.page.getByText('You joined by an invite link').waitFor();
  await page.getByText('1 of 5 used').waitFor();
  await bobs.page.goto(url);
  await bobs.page.getByRole('button', { name: 'Open the chat' }).click();
  await bobs.page.getByText('You joined by an invite link').waitFor();

  await page.getByRole('button', { name: 'End the link made by you' }).click();
  await page.getByRole('button', { name: 'End link', exact: true }).click();
  await page.getByText('No link lets anybody in now.').waitFor();
  await bobs.page.goto(url);
  await bobs.page.getByText('This invite is not good any more').waitFor();
});

test('who has read a message and who reacted is shown, by mouse and by keyboard, and a quote leads to what it answers', async () => {
  const [ann, bob] = [await here.person('Ann'), await here.person('Bob')];
  const { conversationId } = await ann.client.createGroup('Choir', [bob.client.userId]);
  await Promise.all([ann.client.connect(), bob.client.connect()]);
  const { seq } = await ann.client.send(conversationId, 'the first').acked;
  for (let index = 0; index < 120; index++) ann.client.send(conversationId, `line ${index}`);
  await ann.client.send(conversationId, 'an answer', { replyToSeq: seq }).acked;
  const { page } = await here.window(ann);
  await page.goto(`${here.url}/chat/${conversationId}`);
  await tick(page, 'an answer', 'delivered').waitFor();

  // The keyboard opens the menu, goes through it, and leaves it.
  await bubble(page, 'an answer').locator('[tabindex="0"]').first().press('Enter');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('ArrowDown');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('menuitem');
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });

  await bubble(page, 'an answer').locator('[tabindex="0"]').first().press('Enter');
  await page.getByRole('menuitem', { name: 'Message info' }).click();
  await page.getByText('Read by 0 of 1, delivered to 1').waitFor();
  bob.client.markRead(conversationId);
  await page.getByText('Read by 1 of 1, delivered to 1').waitFor();
  await page.getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('Message info').waitFor({ state: 'detached' });

  const answer = await bob.client.history(conversationId, { limit: 1 });
  await bob.client.react(conversationId, answer.events[0]?.seq ?? 0, '🎉');
  await bubble(page, 'an answer').getByRole('button', { name: '🎉, 1' }).click({ button: 'right' });
  await page.getByRole('tab', { name: 'All 1' }).waitFor();
  await page.getByText(bob.name).last().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'All 1' }).waitFor({ state: 'detached' });

  await bubble(page, 'an answer').locator('[tabindex="0"]').first().press('Enter');
  await page.getByRole('button', { name: 'More reactions' }).click();
  await page.getByRole('button', { name: 'React with 🚀' }).click();
  await bubble(page, 'an answer').getByRole('button', { name: '🚀, 1, yours' }).waitFor();

  await page.getByRole('button', { name: /^Show the message of/ }).click();
  const first = page.getByRole('article').filter({ hasText: /^the first/ });
  await first.waitFor();
  const isSeen = (): Promise<boolean> =>
    first.evaluate((one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return top > 0 && bottom < globalThis.innerHeight;
    });
  await expect.poll(isSeen, { timeout: 20_000 }).toBe(true);
  await page.getByRole('button', { name: 'To the newest message' }).click();
  await say(page, 'back at the end');
  await tick(page, 'back at the end', 'delivered').waitFor();
});
