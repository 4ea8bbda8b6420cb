/**
 * The e-mail addresses and phone numbers of people: sealed, found by their blind index. Whoever names an address claims it; with the code
 * that was sent there it is verified, and then it is theirs alone: of all claims to an address one is verified at most. Nobody learns from
 * a claim whether somebody else has the address.
 */
import { ClatterError } from '@clatter/wire';
import type { DataKeys } from './data-keys.ts';
import type { Queries } from './ports.ts';

export type AddressKind = 'email' | 'phone';

export interface Address {
  readonly kind: AddressKind;
  readonly text: string;
  readonly verified: boolean;
}

export interface Claim {
  readonly userId: string;
  readonly kind: AddressKind;
  readonly text: string;
  readonly createdAtMs: number;
}

type AddressRow = { kind: AddressKind; sealed: string; verified: boolean };

/** Without what has a meaning in the headers of mails. */
const EMAIL = /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]+\.[^\s@<>()[\]\\,;:"]+$/;
const EMAIL_MAX = 254;
/** E.164. */
const PHONE = /^\+[1-9]\d{6,14}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** As it is kept. Throws INVALID. */
export function parseAddress(kind: AddressKind, text: string): string {
  if (kind === 'phone') {
    const digits = text.replace(/[\s().-]/g, '');
    if (!PHONE.test(digits)) throw new ClatterError('INVALID', 'phone: want a number such as +49 30 1234567');
    return digits;
  }
  const email = text.trim();
  if (email.length > EMAIL_MAX || !EMAIL.test(email) || CONTROL.test(email) || !email.isWellFormed())
    throw new ClatterError('INVALID', 'email: want an e-mail address');
  return email;
}

/** As it is compared. */
const normal = (kind: AddressKind, text: string): string => (kind === 'email' ? text.toLowerCase() : text);

const place = (userId: string, kind: AddressKind): string => `addresses ${userId} ${kind}`;

export class Addresses {
  readonly #keys: DataKeys;

  constructor(keys: DataKeys) {
    this.#keys = keys;
  }

  lookup(kind: AddressKind, text: string): Uint8Array {
    return this.#keys.lookup(kind, normal(kind, text));
  }

  /** Claims addresses, each in place of what its person claimed of that kind before. What they have that is verified stays. */
  async claim(queries: Queries, claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const seal = await this.#keys.sealer(queries);
    await queries.query(
      `INSERT INTO addresses (user_id, kind, verified, sealed, lookup, created_at_ms)
       SELECT user_id, kind, false, sealed, decode(lookup, 'hex'), created_at_ms
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
         AS claimed (user_id, kind, sealed, lookup, created_at_ms)
       ON CONFLICT (user_id, kind, verified)
       DO UPDATE SET sealed = excluded.sealed, lookup = excluded.lookup, created_at_ms = excluded.created_at_ms`,
      [
        claims.map(({ userId }) => userId),
        claims.map(({ kind }) => kind),
        claims.map(({ userId, kind, text }) => seal(text, place(userId, kind))),
        claims.map(({ kind, text }) => Buffer.from(this.lookup(kind, text)).toString('hex')),
        claims.map(({ createdAtMs }) => String(createdAtMs)),
      ],
    );
  }

  /** The claim of a person becomes their address. False where there is none, or it is somebody else's address already. */
  async verify(queries: Queries, userId: string, kind: AddressKind): Promise<boolean> {
    if (await this.#isTaken(queries, userId, kind)) return false;
    await queries.query(
      `DELETE FROM addresses WHERE user_id = $1 AND kind = $2 AND verified
       AND EXISTS (SELECT 1 FROM addresses WHERE user_id = $1 AND kind = $2 AND NOT verified)`,
      [userId, kind],
    );
    const rows = await queries.query(
      'UPDATE addresses SET verified = true WHERE user_id = $1 AND kind = $2 AND NOT verified RETURNING user_id',
      [userId, kind],
    );
    return rows.length > 0;
  }

  /** The claimed one too. Returns how many there were. */
  async remove(queries: Queries, userId: string, kind: AddressKind): Promise<number> {
    const rows = await queries.query('DELETE FROM addresses WHERE user_id = $1 AND kind = $2 RETURNING kind', [
      userId,
      kind,
    ]);
    return rows.length;
  }

  /** Whether a person has an address or a number that is verified. */
  async isVerified(queries: Queries, userId: string): Promise<boolean> {
    const rows = await queries.query('SELECT 1 AS one FROM addresses WHERE user_id = $1 AND verified LIMIT 1', [
      userId,
    ]);
    return rows.length > 0;
  }

  async list(queries: Queries, userId: string): Promise<readonly Address[]> {
    const rows = await queries.query<AddressRow>(
      'SELECT kind, sealed, verified FROM addresses WHERE user_id = $1 ORDER BY kind, verified DESC',
      [userId],
    );
    return Promise.all(
      rows.map(async ({ kind, sealed, verified }) => ({
        kind,
        verified,
        text: await this.#keys.open(queries, sealed, place(userId, kind)),
      })),
    );
  }

  async find(queries: Queries, userId: string, kind: AddressKind, verified: boolean): Promise<string | undefined> {
    const all = await this.list(queries, userId);
    return all.find((address) => address.kind === kind && address.verified === verified)?.text;
  }

  /** Whether the address that a person claims is verified as somebody else's. */
  async #isTaken(queries: Queries, userId: string, kind: AddressKind): Promise<boolean> {
    const others = await queries.query(
      `SELECT 1 AS one FROM addresses other JOIN addresses mine ON other.kind = mine.kind AND other.lookup = mine.lookup
       WHERE mine.user_id = $1 AND mine.kind = $2 AND NOT mine.verified AND other.verified AND other.user_id <> $1`,
      [userId, kind],
    );
    return others.length > 0;
  }

  /** The same, by the address: whoever has it verified. */
  async ownerOf(queries: Queries, kind: AddressKind, text: string): Promise<string | undefined> {
    const [row] = await queries.query<{ user_id: string }>(
      'SELECT user_id FROM addresses WHERE kind = $1 AND lookup = $2 AND verified',
      [kind, this.lookup(kind, text)],
    );
    return row?.user_id;
  }

  /**
   * The person who may log in with an e-mail address: who has verified it; where nobody has, who claimed it first. That is safe, since it is
   * their own password that lets them in.
   */
  async byEmail(queries: Queries, email: string): Promise<string | undefined> {
    const [row] = await queries.query<{ user_id: string }>(
      `SELECT user_id FROM addresses WHERE kind = 'email' AND lookup = $1
       ORDER BY verified DESC, created_at_ms, user_id LIMIT 1`,
      [this.lookup('email', email)],
    );
    return row?.user_id;
  }
}
