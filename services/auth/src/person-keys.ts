/**
 * A key for each person, with which is sealed what cannot be deleted when they are: the key is dropped instead. It is kept sealed with the
 * data keys, and made when it is first needed. What is about nobody has a key too, which stays.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataKeys } from './data-keys.ts';
import type { Queries } from './ports.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NOBODY = '00000000-0000-0000-0000-000000000000';

const place = (userId: string): string => `person_keys ${userId}`;

type KeyRow = { user_id: string; sealed: string };

export class PersonKeys {
  readonly #keys: DataKeys;

  constructor(keys: DataKeys) {
    this.#keys = keys;
  }

  /** Inside of a transaction: 12 bytes of nonce, 16 of tag, the rest, in base64url. */
  async seal(queries: Queries, userId: string | undefined, plain: string): Promise<string> {
    const key = await this.#keyOf(queries, userId ?? NOBODY);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** What opens texts of these people; an empty text where the key was dropped. Throws where a text was changed. */
  async opener(
    queries: Queries,
    userIds: readonly (string | undefined)[],
  ): Promise<(userId: string | undefined, sealed: string) => string> {
    const rows = await queries.query<KeyRow>(
      'SELECT user_id, sealed FROM person_keys WHERE user_id = ANY($1::uuid[])',
      [userIds.map((userId) => userId ?? NOBODY)],
    );
    const keys = new Map<string, Buffer>();
    for (const { user_id, sealed } of rows)
      keys.set(user_id, Buffer.from(await this.#keys.open(queries, sealed, place(user_id)), 'base64url'));
    return (userId, sealed) => {
      const key = keys.get(userId ?? NOBODY);
      return key ? open(key, Buffer.from(sealed, 'base64url')) : '';
    };
  }

  async drop(queries: Queries, userId: string): Promise<void> {
    await queries.query('DELETE FROM person_keys WHERE user_id = $1', [userId]);
  }

  async #keyOf(queries: Queries, userId: string): Promise<Buffer> {
    const kept = await this.#read(queries, userId);
    if (kept) return kept;
    const seal = await this.#keys.sealer(queries);
    // Two that make it at once: the second waits for the first, and then reads its key.
    await queries.query('INSERT INTO person_keys (user_id, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      userId,
      seal(randomBytes(KEY_BYTES).toString('base64url'), place(userId)),
    ]);
    return (await this.#read(queries, userId)) as Buffer;
  }

  async #read(queries: Queries, userId: string): Promise<Buffer | undefined> {
    const [row] = await queries.query<KeyRow>('SELECT user_id, sealed FROM person_keys WHERE user_id = $1', [userId]);
    return row && Buffer.from(await this.#keys.open(queries, row.sealed, place(userId)), 'base64url');
  }
}

function open(key: Buffer, bytes: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}
