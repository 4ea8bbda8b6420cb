/** What this device is called in the list of logins. */
import { Platform } from 'react-native';

const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Mac OS', 'Mac'],
  ['Windows', 'Windows'],
  ['Linux', 'Linux'],
] as const;

export function device(): { readonly name: string; readonly platform: string } {
  if (Platform.OS !== 'web') return { name: Platform.OS === 'ios' ? 'iPhone' : 'Android phone', platform: Platform.OS };
  const agent = globalThis.navigator?.userAgent ?? '';
  const named = (list: readonly (readonly [string, string])[]): string | undefined =>
    list.find(([mark]) => agent.includes(mark))?.[1];
  const system = named(SYSTEMS);
  return { name: `${named(BROWSERS) ?? 'Browser'}${system ? ` on ${system}` : ''}`, platform: 'web' };
}
