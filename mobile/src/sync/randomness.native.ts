/** Ids of messages need good randomness, which the phone's JavaScript engine does not bring. */
import { getRandomValues } from 'expo-crypto';

const engine = globalThis as { crypto?: { getRandomValues?: unknown } };
engine.crypto ??= {};
engine.crypto.getRandomValues ??= getRandomValues;
