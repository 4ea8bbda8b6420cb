/** On phones a place is typed or pasted from a map. */
import type { Here } from './here';

export const whereIAm: (() => Promise<Here>) | undefined = undefined;
