/**
 * Codes that are sent to people: single use, ten minutes, five tries. A code is kept nowhere, not even hashed: it follows from its id by a
 * key of this installation, so that what reads the database alone knows none, and a mail that is sent again has the same code.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AddressKind } from './addresses.ts';
import type { Queries } from './ports.ts';
import { codeKey } from './secrets.ts';

/** What a code proves: that an address is the person's, or that they may set a new password. */
export type CodePurpose = AddressKind | 'password';

export const CODE_MS = 10 * 60_000;
const TRIES_MAX = 5;
/** Of a code that is typed from a phone, by whom is logged in. */
const DIGITS = 8;
/** Of a code for a new password, by whom is not: 50 bits. */
const LETTERS = 10;
/** Base 32 without letters that are read as others (Crockford). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export class Codes {
  readonly #key: Buffer;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(secret: Buffer, clock: Clock, ids: Ids) {
    this.#key = codeKey(secret);
    this.#clock = clock;
    this.#ids = ids;
  }

  /** Makes a code and returns its id. Those before it stay good, since mails may overtake each other. */
  async issue(
    queries: Queries,
    userId: string,
    purpose: CodePurpose,
    { codeId = this.#ids.v7(), expiresAtMs = this.#clock.nowMs() + CODE_MS } = {},
  ): Promise<string> {
    await queries.query(
      `INSERT INTO codes (code_id, user_id, purpose, expires_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [codeId, userId, purpose, expiresAtMs],
    );
    return codeId;
  }

  /** The code, as it is sent. */
  text(codeId: string, purpose: CodePurpose): string {
    const bytes = createHmac('sha256', this.#key).update(`${purpose} ${codeId}`).digest();
    if (purpose !== 'password') return String(bytes.readBigUInt64BE() % 10n ** BigInt(DIGITS)).padStart(DIGITS, '0');
    return [...bytes.subarray(0, LETTERS)].map((byte) => ALPHABET[byte % 32]).join('');
  }

  /** Whether it is a live code of that person. Counts a wrong try against all of theirs; commit, whatever the answer. */
  async isRight(queries: Queries, userId: string, purpose: CodePurpose, given: string): Promise<boolean> {
    const rows = await this.#try(queries, 'user_id = $1 AND purpose = $2', [userId, purpose]);
    return this.#match(queries, rows, purpose, given);
  }

  /** Whose code it is, if it is that one and live. Counts a wrong try; commit, whatever the answer. */
  async ownerOf(queries: Queries, codeId: string, purpose: CodePurpose, given: string): Promise<string | undefined> {
    const rows = await this.#try(queries, 'code_id = $1 AND purpose = $2', [codeId, purpose]);
    return (await this.#match(queries, rows, purpose, given)) ? rows[0]?.user_id : undefined;
  }

  /** Makes all codes of a person for a purpose worthless. Returns how many there were. */
  async drop(queries: Queries, userId: string, purpose: CodePurpose): Promise<number> {
    const rows = await queries.query('DELETE FROM codes WHERE user_id = $1 AND purpose = $2 RETURNING code_id', [
      userId,
      purpose,
    ]);
    return rows.length;
  }

  async forget(queries: Queries): Promise<void> {
    await queries.query('DELETE FROM codes WHERE expires_at_ms < $1', [this.#clock.nowMs()]);
  }

  #try(
    queries: Queries,
    where: string,
    params: readonly string[],
  ): Promise<readonly { code_id: string; user_id: string }[]> {
    return queries.query(
      `UPDATE codes SET tries = tries + 1 WHERE ${where} AND expires_at_ms > $3 AND tries < ${TRIES_MAX}
       RETURNING code_id, user_id`,
      [...params, this.#clock.nowMs()],
    );
  }

  /** A right one counts as no try: what is done with it may still be refused, and is tried again. */
  async #match(
    queries: Queries,
    rows: readonly { code_id: string }[],
    purpose: CodePurpose,
    given: string,
  ): Promise<boolean> {
    const typed = asTyped(given);
    const right = rows.filter(({ code_id }) => same(this.text(code_id, purpose), typed));
    if (right.length === 0) return false;
    await queries.query('UPDATE codes SET tries = tries - 1 WHERE code_id = ANY($1::uuid[])', [
      rows.map(({ code_id }) => code_id),
    ]);
    return true;
  }
}

export const wrongCode = (): ClatterError =>
  new ClatterError('WRONG_CODE', 'code: it is wrong, was used, or is too old: ask for another');

/** As people read it: in groups. */
export const inGroups = (code: string): string =>
  code.length === LETTERS ? `${code.slice(0, 5)}-${code.slice(5)}` : `${code.slice(0, 4)} ${code.slice(4)}`;

/** Without what people put in between, and with the letters that they meant. */
const asTyped = (given: string): string =>
  given.slice(0, 100).toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');

function same(code: string, given: string): boolean {
  const [one, other] = [Buffer.from(code), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
