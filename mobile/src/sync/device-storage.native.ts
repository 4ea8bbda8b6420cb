/** Where this device keeps the session, the outbox and what was read: SQLite, with the tokens in the platform's secure store. */
import type { ClientStorage } from '@clatter/client';
import * as SecureStore from 'expo-secure-store';
import { openDatabaseSync } from 'expo-sqlite';

const SECRETS = new Set(['session']);
const database = openDatabaseSync('clatter.db');
database.execSync('CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID');

export const deviceStorage: ClientStorage = {
  async get(key) {
    if (SECRETS.has(key)) return (await SecureStore.getItemAsync(key)) ?? undefined;
    return (await database.getFirstAsync<{ value: string }>('SELECT value FROM entries WHERE key = ?', key))?.value;
  },
  async set(key, value) {
    if (SECRETS.has(key)) await SecureStore.setItemAsync(key, value);
    else await database.runAsync('INSERT OR REPLACE INTO entries VALUES (?, ?)', key, value);
  },
  async delete(key) {
    if (SECRETS.has(key)) await SecureStore.deleteItemAsync(key);
    else await database.runAsync('DELETE FROM entries WHERE key = ?', key);
  },
  async entries(prefix) {
    const rows = await database.getAllAsync<{ key: string; value: string }>(
      'SELECT key, value FROM entries WHERE substr(key, 1, ?) = ? ORDER BY key',
      prefix.length,
      prefix,
    );
    return rows.map(({ key, value }) => [key, value] as const);
  },
};
