/** The platform that this app talks to: what was chosen at the login, else what was built in by EXPO_PUBLIC_CLATTER_URL. */
import { preferenceStorage } from './device-storage';

const KEY = 'server';
const BUILT_IN = process.env.EXPO_PUBLIC_CLATTER_URL ?? 'http://localhost:8080';

export const serverUrl = async (): Promise<string> => (await preferenceStorage.get(KEY)) ?? BUILT_IN;

/** Whether a person may choose another one. */
export const serverIsChosen = true;

export async function chooseServer(url: string): Promise<void> {
  const wanted = url.trim().replace(/\/+$/, '');
  await preferenceStorage.set(KEY, /^https?:\/\//.test(wanted) ? wanted : `https://${wanted}`);
}
