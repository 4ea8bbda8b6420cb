/** Where this device keeps the session, the outbox and what was read: SQLite, with the tokens in the platform's secure store. */
import type { ClientStorage } from '@clatter/client';
import * as SecureStore from 'expo-secure-store';
import { openDatabaseSync } from 'expo-sqlite';

const SECRETS = new Set(['session']);
const database = openDatabaseSync('clatter.db');

function table(name: 'entries' | 'preferences'): ClientStorage {
  database.execSync(`CREATE TABLE IF NOT EXISTS ${name} (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`);
  return {
    async get(key) {
      const row = await database.getFirstAsync<{ value: string }>(`SELECT value FROM ${name} WHERE key = ?`, key);
      return row?.value;
    },
    async set(key, value) {
      await database.runAsync(`INSERT OR REPLACE INTO ${name} VALUES (?, ?)`, key, value);
    },
    async delete(key) {
      await database.runAsync(`DELETE FROM ${name} WHERE key = ?`, key);
    },
    async entries(prefix) {
      const rows = await database.getAllAsync<{ key: string; value: string }>(
        `SELECT key, value FROM ${name} WHERE substr(key, 1, ?) = ? ORDER BY key`,
        prefix.length,
        prefix,
      );
      return rows.map(({ key, value }) => [key, value] as const);
    },
  };
}

const entries = table('entries');

/** Belongs to the session: a logout empties it. */
export const deviceStorage: ClientStorage = {
  async get(key) {
    return SECRETS.has(key) ? ((await SecureStore.getItemAsync(key)) ?? undefined) : entries.get(key);
  },
  set: (key, value) => (SECRETS.has(key) ? SecureStore.setItemAsync(key, value) : entries.set(key, value)),
  delete: (key) => (SECRETS.has(key) ? SecureStore.deleteItemAsync(key) : entries.delete(key)),
  entries: entries.entries,
};

/** Belongs to the device: how the app looks, and which server it talks to. */
export const preferenceStorage: ClientStorage = table('preferences');
