/**
 * Passkeys (Web Authentication Level 3, https://www.w3.org/TR/webauthn-3): keys that a device or a platform keeps, discoverable, so that nobody
 * types a name, and opened by a finger, a face or a PIN each time. Each counts as two factors. A challenge is answered once, within minutes,
 * for what it was made for.
 */
import type { Passkey } from '@clatter/contracts/auth';
import { type Clock, type Ids, isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { AccountRow } from './accounts.ts';
import type { AuthConfig } from './config.ts';
import { type Database, isUniqueViolation, type Queries } from './ports.ts';
import { hashToken } from './secrets.ts';

const CHALLENGE_MS = 300_000;
const PASSKEYS_MAX = 20;
const NAME_MAX = 100;
const JSON_CHARS_MAX = 65_536;
const RP_NAME = 'Clatter';
/** EdDSA, ES256 and RS256 of COSE: what authenticators have. */
const ALGORITHMS = [-8, -7, -257];

/** What a challenge is for; one for another purpose, or another person, is none. */
export type Purpose = 'add' | 'login' | 'mfa' | 'prove';

type PasskeyRow = {
  passkey_id: string;
  user_id: string;
  credential_id: string;
  public_key: Uint8Array;
  counter: number;
  transports: string;
  name: string;
  backed_up: boolean;
  created_at_ms: number;
  last_used_at_ms: number;
};

export class Passkeys {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #rpId: string;
  readonly #origins: string[];

  constructor(parts: { database: Database; clock: Clock; ids: Ids; config: AuthConfig }) {
    this.#database = parts.database;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#origins = parts.config.CLATTER_AUTH_PASSKEY_ORIGINS.split(',').map((origin) => origin.trim());
    this.#rpId = parts.config.CLATTER_AUTH_PASSKEY_RP_ID || new URL(this.#origins[0] as string).hostname;
  }

  /** For `navigator.credentials.create`, as JSON. */
  async beginAdd(account: AccountRow): Promise<string> {
    const there = await this.#of(account.user_id);
    const options = await generateRegistrationOptions({
      rpName: RP_NAME,
      rpID: this.#rpId,
      userName: account.username,
      userDisplayName: account.display_name,
      userID: new TextEncoder().encode(account.user_id),
      timeout: CHALLENGE_MS,
      attestationType: 'none',
      supportedAlgorithmIDs: ALGORITHMS,
      excludeCredentials: there.map(toDescriptor),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    await this.#keepChallenge(options.challenge, 'add', account.user_id);
    return JSON.stringify(options);
  }

  /** In the same transaction what `also` does. Throws INVALID, CONFLICT. */
  async add(
    userId: string,
    name: string,
    attestation: string,
    also: (queries: Queries, passkeyId: string) => Promise<void>,
  ): Promise<Passkey> {
    const response = parseJson<RegistrationResponseJSON>(attestation, 'attestation');
    const { registrationInfo } = await this.#checked('INVALID', 'attestation', () =>
      verifyRegistrationResponse({
        response,
        expectedChallenge: (challenge) => this.#takeChallenge(challenge, 'add', userId),
        expectedOrigin: this.#origins,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }),
    );
    if (!registrationInfo) throw new ClatterError('INVALID', 'attestation: it is not valid');
    const { credential, credentialBackedUp } = registrationInfo;
    return this.#database.transaction(async (queries) => {
      await queries.query('SELECT 1 AS one FROM accounts WHERE user_id = $1 FOR UPDATE', [userId]);
      const there = await queries.query('SELECT 1 AS one FROM passkeys WHERE user_id = $1', [userId]);
      if (there.length >= PASSKEYS_MAX) throw new ClatterError('CONFLICT', `want at most ${PASSKEYS_MAX} passkeys`);
      const [row] = await queries
        .query<PasskeyRow>(
          `INSERT INTO passkeys (passkey_id, user_id, credential_id, public_key, counter, transports, name, backed_up, created_at_ms, last_used_at_ms)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) RETURNING *`,
          [
            this.#ids.v7(),
            userId,
            credential.id,
            new Uint8Array(credential.publicKey),
            credential.counter,
            (credential.transports ?? []).join(',').slice(0, 200),
            checkName(name || 'Passkey'),
            credentialBackedUp,
            this.#clock.nowMs(),
          ],
        )
        .catch((error: unknown) => {
          throw isUniqueViolation(error) ? new ClatterError('CONFLICT', 'this passkey is there already') : error;
        });
      const passkey = toPasskey(row as PasskeyRow);
      await also(queries, passkey.passkeyId ?? '');
      return passkey;
    });
  }

  async list(userId: string): Promise<Passkey[]> {
    return (await this.#of(userId)).map(toPasskey);
  }

  async count(queries: Queries, userId: string): Promise<number> {
    return (await queries.query('SELECT 1 AS one FROM passkeys WHERE user_id = $1', [userId])).length;
  }

  /** Throws INVALID, NOT_FOUND. */
  async rename(userId: string, passkeyId: string, name: string): Promise<Passkey> {
    if (!isUuid(passkeyId)) throw notFound();
    const [row] = await this.#database.query<PasskeyRow>(
      'UPDATE passkeys SET name = $3 WHERE user_id = $1 AND passkey_id = $2 RETURNING *',
      [userId, passkeyId, checkName(name)],
    );
    if (!row) throw notFound();
    return toPasskey(row);
  }

  /** Throws NOT_FOUND. */
  async delete(queries: Queries, userId: string, passkeyId: string): Promise<void> {
    if (!isUuid(passkeyId)) throw notFound();
    const gone = await queries.query(
      'DELETE FROM passkeys WHERE user_id = $1 AND passkey_id = $2 RETURNING passkey_id',
      [userId, passkeyId],
    );
    if (gone.length === 0) throw notFound();
  }

  /** For `navigator.credentials.get`, as JSON; of one person, or of whoever has a passkey. */
  async ask(purpose: Purpose, userId?: string): Promise<string> {
    const options = await generateAuthenticationOptions({
      rpID: this.#rpId,
      timeout: CHALLENGE_MS,
      userVerification: 'required',
      ...(userId !== undefined && { allowCredentials: (await this.#of(userId)).map(toDescriptor) }),
    });
    await this.#keepChallenge(options.challenge, purpose, userId);
    return JSON.stringify(options);
  }

  /** Whose passkey was shown; with `userId` theirs alone will do. Throws UNAUTHENTICATED. */
  async verify(assertion: string, purpose: Purpose, userId?: string): Promise<string> {
    const response = parseJson<AuthenticationResponseJSON>(assertion, 'assertion');
    const [row] = await this.#database.query<PasskeyRow>('SELECT * FROM passkeys WHERE credential_id = $1', [
      typeof response.id === 'string' ? response.id.replaceAll('\0', '') : '',
    ]);
    if (!row || (userId !== undefined && row.user_id !== userId)) throw unauthenticated();
    const { verified, authenticationInfo } = await this.#checked('UNAUTHENTICATED', 'assertion', () =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: (challenge) => this.#takeChallenge(challenge, purpose, userId),
        expectedOrigin: this.#origins,
        expectedRPID: this.#rpId,
        credential: { id: row.credential_id, publicKey: new Uint8Array(row.public_key), counter: row.counter },
        requireUserVerification: true,
      }),
    );
    if (!verified) throw unauthenticated();
    // Authenticators that count tell of a copy by it; most of those that sync do not count.
    const used = await this.#database.query(
      `UPDATE passkeys SET counter = $2, last_used_at_ms = $3, backed_up = $4
       WHERE credential_id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0)) RETURNING passkey_id`,
      [row.credential_id, authenticationInfo.newCounter, this.#clock.nowMs(), authenticationInfo.credentialBackedUp],
    );
    if (used.length === 0) throw unauthenticated();
    return row.user_id;
  }

  /** Drops challenges that nobody answered. */
  async forget(): Promise<void> {
    await this.#database.query('DELETE FROM passkey_challenges WHERE expires_at_ms < $1', [this.#clock.nowMs()]);
  }

  #of(userId: string): Promise<readonly PasskeyRow[]> {
    return this.#database.query<PasskeyRow>('SELECT * FROM passkeys WHERE user_id = $1 ORDER BY passkey_id DESC', [
      userId,
    ]);
  }

  async #keepChallenge(challenge: string, purpose: Purpose, userId: string | undefined): Promise<void> {
    await this.#database.query('INSERT INTO passkey_challenges VALUES ($1, $2, $3, $4)', [
      hashToken(challenge),
      purpose,
      userId ?? null,
      this.#clock.nowMs() + CHALLENGE_MS,
    ]);
  }

  /** Once, whatever becomes of the answer. */
  async #takeChallenge(challenge: string, purpose: Purpose, userId: string | undefined): Promise<boolean> {
    const taken = await this.#database.query(
      `DELETE FROM passkey_challenges WHERE challenge_hash = $1 AND purpose = $2 AND user_id IS NOT DISTINCT FROM $3::uuid
         AND expires_at_ms >= $4 RETURNING purpose`,
      [hashToken(challenge), purpose, userId ?? null, this.#clock.nowMs()],
    );
    return taken.length > 0;
  }

  /** The library throws plain errors at whatever is wrong with an answer. */
  async #checked<T>(code: 'INVALID' | 'UNAUTHENTICATED', field: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof ClatterError) throw error;
      throw new ClatterError(code, `${field}: it is not valid`, { cause: error });
    }
  }
}

const toDescriptor = ({ credential_id, transports }: PasskeyRow) => ({
  id: credential_id,
  ...(transports !== '' && { transports: transports.split(',') }),
});

const toPasskey = (row: PasskeyRow): Passkey => ({
  passkeyId: row.passkey_id,
  name: row.name,
  createdAtMs: row.created_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
  backedUp: row.backed_up,
});

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || [...trimmed].length > NAME_MAX || trimmed.includes('\0') || !trimmed.isWellFormed())
    throw new ClatterError('INVALID', `name: want 1 to ${NAME_MAX} characters`);
  return trimmed;
}

function parseJson<T>(text: string, field: string): T {
  if (text.length <= JSON_CHARS_MAX)
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value as T;
    } catch {
      // Not JSON.
    }
  throw new ClatterError('INVALID', `${field}: want what the browser made, as JSON`);
}

const notFound = (): ClatterError => new ClatterError('NOT_FOUND', 'there is no such passkey');
const unauthenticated = (): ClatterError => new ClatterError('UNAUTHENTICATED', 'assertion: it is not valid');
