import { expect, test } from 'vitest';
import { actsOn, rightsOf } from './rights';

const settings = { sendRole: 'member', addRole: 'admin', fullHistory: false } as const;

test('the owner does all, admins all but give roles, members add where the settings let them', () => {
  expect(rightsOf({ role: 'owner', settings })).toEqual({ manages: true, adds: true, givesRoles: true });
  expect(rightsOf({ role: 'admin', settings })).toEqual({ manages: true, adds: true, givesRoles: false });
  expect(rightsOf({ role: 'member', settings })).toEqual({ manages: false, adds: false, givesRoles: false });
  expect(rightsOf({ role: 'member', settings: { ...settings, addRole: 'member' } }).adds).toBe(true);
  expect(rightsOf({ role: 'none', settings: { ...settings, addRole: 'member' } }).adds).toBe(false);
});

test('nobody removes the owner, and roles are the owner’s to give', () => {
  const of = (role: 'owner' | 'admin' | 'member') => rightsOf({ role, settings });
  expect(actsOn({ role: 'owner' }, of('admin'))).toEqual(['message']);
  expect(actsOn({ role: 'admin' }, of('admin'))).toEqual(['message', 'remove', 'ban']);
  expect(actsOn({ role: 'admin' }, of('owner'))).toContain('make member');
  expect(actsOn({ role: 'member' }, of('owner'))).toEqual(['message', 'make admin', 'make owner', 'remove', 'ban']);
  expect(actsOn({ role: 'member' }, of('member'))).toEqual(['message']);
});
