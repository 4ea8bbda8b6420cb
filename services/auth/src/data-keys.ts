/**
 * Envelope encryption of personal columns: AES-256-GCM with data keys, which are kept sealed by the secret of this installation. A value names
 * the key that it was sealed with and is bound to what it belongs to, so that it opens in no other place. What has to be found again has
 * a blind index beside it: an HMAC, the same for the same text, which says nothing without its key.
 *
 * | text                                  | what it is                                                                     |
 * |---------------------------------------|--------------------------------------------------------------------------------|
 * | `1.<key id>.<base64url>`              | a value: 12 bytes of nonce, 16 of tag, the rest                                |
 * | `1.<id of the secret>.<base64url>`    | a data key, likewise; the id is derived from the secret and does not give it away |
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type Clock, type Ids, StartError } from '@clatter/runtime';
import type { Database, Queries } from './ports.ts';

const VERSION = '1';
const KEY_BYTES = 32;

/** `seal`: the newest seals, all open. `index`: there is one, for ever: what it made has to be found again. */
type Use = 'seal' | 'index';

interface KeyRow {
  readonly [column: string]: unknown;
  readonly key_id: string;
  readonly use: Use;
  readonly sealed: string;
}

/** Seals a text for one place, such as a column of a row. */
export type Sealer = (plain: string, place: string) => string;

interface Parts {
  readonly database: Database;
  /** The one that seals, then those that opened before it. */
  readonly secrets: readonly Buffer[];
  readonly clock: Clock;
  readonly ids: Ids;
}

export class DataKeys {
  readonly #parts: Parts;
  readonly #keys = new Map<string, Buffer>();
  #index: Buffer = Buffer.alloc(0);

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Makes the first keys where there are none. Throws a StartError where none of the secrets opens what is there. */
  static async load(parts: Parts): Promise<DataKeys> {
    const keys = new DataKeys(parts);
    await parts.database.transaction(async (queries) => {
      // One process at a time, so that two that start together make one key.
      await queries.query('SELECT pg_advisory_xact_lock(7104)');
      const there = await readKeys(queries);
      for (const use of ['seal', 'index'] as const)
        if (!there.some((row) => row.use === use)) await makeKey(queries, parts, use);
      keys.#learn(await readKeys(queries));
    });
    return keys;
  }

  /** Inside of a transaction: what seals with the newest key, which stays until the end of the transaction. */
  async sealer(queries: Queries): Promise<Sealer> {
    const keyId = await newestKey(queries);
    const key = this.#keys.get(keyId) ?? (await this.#key(queries, keyId));
    return (plain, place) => sealWith(key, keyId, Buffer.from(plain), place);
  }

  /** Throws where it was changed, or sealed for another place. */
  async open(queries: Queries, sealed: string, place: string): Promise<string> {
    const { keyId, bytes } = parse(sealed);
    const key = this.#keys.get(keyId) ?? (await this.#key(queries, keyId));
    return openWith(key, bytes, place).toString('utf8');
  }

  /**
   * The blind index of a text. Of the text only its SHA-256 goes in, so that one who knows that alone, as an address book that was
   * hashed on a phone does, can be answered too.
   * @param sha256 of the text, where it is known instead of the text
   */
  lookup(kind: string, text: string, sha256: Uint8Array = createHash('sha256').update(text).digest()): Uint8Array {
    return new Uint8Array(createHmac('sha256', this.#index).update(`${kind}:`).update(sha256).digest());
  }

  /** A new key, with which is sealed from now on, by all processes. Returns its id. */
  rotate(queries: Queries): Promise<string> {
    return makeKey(queries, this.#parts, 'seal');
  }

  /** Seals the keys again, with the first secret, where another one did. Returns how many. */
  async reseal(queries: Queries): Promise<number> {
    const { secrets } = this.#parts;
    const [current] = secrets as [Buffer];
    let count = 0;
    for (const row of await readKeys(queries, 'FOR UPDATE')) {
      if (parse(row.sealed).keyId === secretId(current)) continue;
      const sealed = sealKey(current, openKey(secrets, row), row.key_id);
      await queries.query('UPDATE data_keys SET sealed = $2 WHERE key_id = $1', [row.key_id, sealed]);
      count++;
    }
    return count;
  }

  async #key(queries: Queries, keyId: string): Promise<Buffer> {
    this.#learn(await readKeys(queries));
    const key = this.#keys.get(keyId);
    if (!key) throw new Error(`a value is sealed with the key ${keyId}, which is not there`);
    return key;
  }

  #learn(rows: readonly KeyRow[]): void {
    for (const row of rows) {
      const key = openKey(this.#parts.secrets, row);
      if (row.use === 'index') this.#index = key;
      else this.#keys.set(row.key_id, key);
    }
  }
}

const readKeys = (queries: Queries, lock = ''): Promise<readonly KeyRow[]> =>
  queries.query<KeyRow>(`SELECT key_id, use, sealed FROM data_keys ORDER BY created_at_ms, key_id ${lock}`);

async function newestKey(queries: Queries): Promise<string> {
  const [row] = await queries.query<{ key_id: string }>(
    `SELECT key_id FROM data_keys WHERE use = 'seal' ORDER BY created_at_ms DESC, key_id DESC LIMIT 1 FOR KEY SHARE`,
  );
  if (!row) throw new Error('there is no key to seal with');
  return row.key_id;
}

async function makeKey(queries: Queries, { secrets, clock, ids }: Parts, use: Use): Promise<string> {
  const keyId = ids.v7();
  const [current] = secrets as [Buffer];
  await queries.query('INSERT INTO data_keys VALUES ($1, $2, $3, $4)', [
    keyId,
    use,
    sealKey(current, randomBytes(KEY_BYTES), keyId),
    clock.nowMs(),
  ]);
  return keyId;
}

const derived = (secret: Buffer, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', purpose, bytes));

const secretId = (secret: Buffer): string => derived(secret, 'id', 8).toString('hex');

const sealKey = (secret: Buffer, key: Buffer, keyId: string): string =>
  sealWith(derived(secret, 'data keys', KEY_BYTES), secretId(secret), key, keyId);

function openKey(secrets: readonly Buffer[], { key_id, sealed }: KeyRow): Buffer {
  const { keyId, bytes } = parse(sealed);
  const secret = secrets.find((one) => secretId(one) === keyId);
  if (!secret)
    throw new StartError(
      'the keys of personal data were sealed with another secret: bring back CLATTER_AUTH_KEY_SECRET, or the file auth/key.secret, as it was, or name the one before in CLATTER_AUTH_KEY_SECRET_OLD',
    );
  return openWith(derived(secret, 'data keys', KEY_BYTES), bytes, key_id);
}

function sealWith(key: Buffer, keyId: string, plain: Buffer, place: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return [VERSION, keyId, Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')].join('.');
}

function openWith(key: Buffer, bytes: Buffer, place: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}

function parse(sealed: string): { readonly keyId: string; readonly bytes: Buffer } {
  const [version, keyId = '', bytes = ''] = sealed.split('.');
  if (version !== VERSION) throw new Error(`a sealed value: want version ${VERSION}, got ${version}`);
  return { keyId, bytes: Buffer.from(bytes, 'base64url') };
}
