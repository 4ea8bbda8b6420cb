/** How people get, verify and lose e-mail addresses and phone numbers. */
import type { Clock } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { addressGroup } from './address-group.ts';
import { type Address, type Addresses, type AddressKind, parseAddress } from './addresses.ts';
import { CODE_MS, type Codes, wrongCode } from './codes.ts';
import type { LoginLimits } from './limits.ts';
import type { Errand } from './mail-delivery.ts';
import type { MailOutbox } from './mail-outbox.ts';
import type { Notice } from './mail-templates.ts';
import { type Database, isUniqueViolation, type Queries } from './ports.ts';
import type { Proofs } from './proofs.ts';

/** The constraint that an address is verified for one person. */
const VERIFIED_KEY = 'addresses_verified_key';

interface Parts {
  readonly database: Database;
  readonly addresses: Addresses;
  readonly codes: Codes;
  readonly proofs: Proofs;
  readonly limits: LoginLimits;
  readonly mails: MailOutbox;
  readonly clock: Clock;
}

export class AddressChanges {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(userId: string): Promise<readonly Address[]> {
    return this.#parts.addresses.list(this.#parts.database, userId);
  }

  /** Claims an address and sends a code there. Throws INVALID, REAUTHENTICATION_REQUIRED, CONFLICT, RATE_LIMITED. */
  async set(
    { userId, sessionId, kind, address }: { userId: string; sessionId: string; kind: AddressKind; address: string },
    value: string,
  ): Promise<void> {
    const { database, addresses, codes, proofs, clock } = this.#parts;
    const text = parseAddress(kind, value);
    await proofs.require(database, userId, sessionId);
    const now = await addresses.find(database, userId, kind, true);
    if (now !== undefined && now.toLowerCase() === text.toLowerCase())
      throw new ClatterError('CONFLICT', `${kind}: it is verified already`);
    await this.#limit(userId, kind, text, address);
    await database.transaction(async (queries) => {
      await addresses.claim(queries, [{ userId, kind, text, createdAtMs: clock.nowMs() }]);
      // Codes that went to another address are no proof of this one.
      await codes.drop(queries, userId, kind);
      await this.#sendCode(queries, userId, kind, text);
      if (kind === 'email' && now !== undefined) await this.#tell(queries, userId, 'emailChangeAsked', [now]);
    });
    this.sendWaiting();
  }

  /** Sends another code to the address that is claimed. Throws NOT_FOUND, RATE_LIMITED. */
  async codeAgain({ userId, kind, address }: { userId: string; kind: AddressKind; address: string }): Promise<void> {
    const { database, addresses } = this.#parts;
    const text = await addresses.find(database, userId, kind, false);
    if (text === undefined) throw new ClatterError('NOT_FOUND', `${kind}: there is none that waits for its code`);
    await this.#limit(userId, kind, text, address);
    await database.transaction((queries) => this.#sendCode(queries, userId, kind, text));
    this.sendWaiting();
  }

  /** Inside of the transaction that makes an account: codes to the addresses that it claims. */
  async welcome(
    queries: Queries,
    userId: string,
    claims: readonly (readonly [AddressKind, string])[],
    address: string,
  ): Promise<void> {
    for (const [kind, text] of claims) {
      try {
        await this.#limit(userId, kind, text, address);
        await this.#sendCode(queries, userId, kind, text);
      } catch (error) {
        // The account is made nevertheless: another code can be asked for later.
        if (!(error instanceof ClatterError && error.code === 'RATE_LIMITED')) throw error;
      }
    }
  }

  /** After the commit: what was put there goes out. Nobody has to wait for it. */
  sendWaiting(): void {
    void this.#parts.mails.drain();
  }

  /** Inside of a transaction: the code to an address that was claimed in it or before. */
  async #sendCode(queries: Queries, userId: string, kind: AddressKind, to: string): Promise<void> {
    const { codes, mails, clock } = this.#parts;
    const expiresAtMs = clock.nowMs() + CODE_MS;
    const codeId = await codes.issue(queries, userId, kind, { expiresAtMs });
    await mails.put(queries, userId, [{ kind: 'verification', userId, addressKind: kind, to, codeId }], expiresAtMs);
  }

  /** The claimed address becomes the person's. Throws WRONG_CODE, RATE_LIMITED. */
  async verify(
    { userId, kind, address }: { userId: string; kind: AddressKind; address: string },
    code: string,
  ): Promise<void> {
    const { database, codes, limits } = this.#parts;
    const guess = { account: userId, address: addressGroup(address) };
    await limits.codeTry(guess);
    const right = await database.transaction((queries) => codes.isRight(queries, userId, kind, code));
    if (!right) throw wrongCode();
    await limits.codeRight(guess);
    try {
      await database.transaction((queries) => this.#verified(queries, userId, kind));
    } catch (error) {
      // Somebody else verified it at the same moment: they have it.
      throw isUniqueViolation(error, VERIFIED_KEY) ? wrongCode() : error;
    }
    this.sendWaiting();
  }

  async #verified(queries: Queries, userId: string, kind: AddressKind): Promise<void> {
    const { addresses, codes } = this.#parts;
    const before = await addresses.find(queries, userId, kind, true);
    const email = await addresses.find(queries, userId, 'email', true);
    // Of two requests with one code the first drops it.
    if ((await codes.drop(queries, userId, kind)) === 0 || !(await addresses.verify(queries, userId, kind)))
      throw wrongCode();
    if (kind === 'phone') return this.#tell(queries, userId, 'phoneChanged', [email]);
    // What was sent to the address before opens the account no more.
    await codes.drop(queries, userId, 'password');
    if (before === undefined) return;
    await this.#tell(queries, userId, 'emailChanged', [before, await addresses.find(queries, userId, kind, true)]);
  }

  /** Throws REAUTHENTICATION_REQUIRED, NOT_FOUND. */
  async remove({ userId, sessionId, kind }: { userId: string; sessionId: string; kind: AddressKind }): Promise<void> {
    const { database, addresses, codes, proofs } = this.#parts;
    await proofs.require(database, userId, sessionId);
    await database.transaction(async (queries) => {
      const email = await addresses.find(queries, userId, 'email', true);
      if ((await addresses.remove(queries, userId, kind)) === 0)
        throw new ClatterError('NOT_FOUND', `${kind}: there is none`);
      await codes.drop(queries, userId, kind);
      if (kind === 'email') await codes.drop(queries, userId, 'password');
      await this.#tell(queries, userId, kind === 'email' ? 'emailRemoved' : 'phoneRemoved', [email]);
    });
    this.sendWaiting();
  }

  async #tell(queries: Queries, userId: string, notice: Notice, to: readonly (string | undefined)[]): Promise<void> {
    const errands = to.flatMap((one): Errand[] => (one === undefined ? [] : [{ kind: 'notice', notice, to: one }]));
    await this.#parts.mails.put(queries, userId, errands);
  }

  #limit(userId: string, kind: AddressKind, text: string, address: string): Promise<void> {
    const { limits, addresses } = this.#parts;
    const target = Buffer.from(addresses.lookup(kind, text)).toString('hex');
    return limits.code({ account: userId, target, address: addressGroup(address) });
  }
}
