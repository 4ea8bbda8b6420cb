import { expect, it } from 'vitest';
import { COUNTS, layOut } from './services.ts';

it('gives every process a name and ports of its own', () => {
  let port = 9000;
  const members = layOut({ ...COUNTS, messages: 3 }, () => port++);
  expect(members.map(({ name }) => name)).toEqual([
    'auth-1',
    'presence-1',
    'messages-1',
    'messages-2',
    'messages-3',
    'notifications-1',
    'gateway-1',
    'gateway-2',
  ]);
  const ports = members
    .flatMap(({ grpcPort, healthPort, httpPort }) => [grpcPort, healthPort, httpPort])
    .filter(Boolean);
  expect(new Set(ports).size).toBe(ports.length);
});
