import { expect, test } from 'vitest';
import { Origins } from './origins.ts';

test.each([
  ['a program', '', undefined, true],
  ['a page of this host', '', 'http://chat.example:8080', true],
  ['a page of this host over TLS, behind a proxy', '', 'https://chat.example:8080', true],
  ['a page of another port', '', 'http://chat.example', false],
  ['a page of another host', '', 'https://evil.example', false],
  ['a page of a host that begins the same', '', 'http://chat.example:8080.evil.example', false],
  ['a sandboxed page', '', 'null', false],
  ['what is no origin', '', '', false],
  ['a listed page', ' https://App.example/ ,http://b.example', 'https://app.example', true],
  ['another scheme than listed', 'https://app.example', 'http://app.example', false],
  ['any page', '*', 'https://evil.example', true],
])('%s', (_, list, origin, allowed) => {
  const headers = { host: 'Chat.example:8080', ...(origin !== undefined && { origin }) };
  expect(new Origins(list).allows(headers)).toBe(allowed);
});

test('a page of this host needs no CORS', () => {
  expect(new Origins(',').isListed('http://chat.example:8080')).toBe(false);
});
