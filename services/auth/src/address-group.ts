/**
 * Whom a limit by address counts as one. Somebody with IPv6 has a whole /64 to take addresses from (RFC 6177), so all of it is one; an IPv4 address
 * inside of an IPv6 one (RFC 4291 §2.5.5.2), as dual-stack sockets have them, is that address.
 */
import { isIPv4, isIPv6 } from 'node:net';

const GROUPS = 8;
const NETWORK_GROUPS = 4;
/** Longer than any address: what is longer is none. */
const TEXT_MAX = 45;

export function addressGroup(address: string): string {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return plain.slice(0, TEXT_MAX);
  const groups = groupsOf(plain);
  const [high = 0, low = 0] = groups.slice(6);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight numbers of a valid address. */
function groupsOf(address: string): number[] {
  const last = address.slice(address.lastIndexOf(':') + 1);
  const [a = 0, b = 0, c = 0, d = 0] = isIPv4(last) ? last.split('.').map(Number) : [];
  const text = isIPv4(last)
    ? `${address.slice(0, -last.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    : address;
  const [before = [], after = []] = text
    .split('::')
    .map((half) => half.split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16)])));
  return [...before, ...Array<number>(GROUPS - before.length - after.length).fill(0), ...after];
}
