/** How people change the password that they know, and set anew the one that they forgot. */
import type { Clock, Ids } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AccountOutbox } from './account-outbox.ts';
import { type AccountRow, type Accounts, checkPassword } from './accounts.ts';
import { addressGroup } from './address-group.ts';
import type { Addresses } from './addresses.ts';
import { CODE_MS, type Codes, wrongCode } from './codes.ts';
import type { LoginLimits } from './limits.ts';
import type { MailOutbox } from './mail-outbox.ts';
import type { Notices } from './notices.ts';
import type { PasswordStrength } from './password-strength.ts';
import type { Passwords } from './passwords.ts';
import type { Database, Queries } from './ports.ts';
import type { Proofs } from './proofs.ts';
import type { Sessions } from './sessions.ts';

interface Parts {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly addresses: Addresses;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly strength: PasswordStrength;
  readonly codes: Codes;
  readonly proofs: Proofs;
  readonly limits: LoginLimits;
  readonly outbox: AccountOutbox;
  readonly mails: MailOutbox;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly ids: Ids;
}

export class PasswordChanges {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Ends all sessions but the one given. Throws INVALID, WEAK_PASSWORD, REAUTHENTICATION_REQUIRED, NOT_FOUND. */
  async change({ userId, sessionId }: { userId: string; sessionId: string }, wanted: string): Promise<void> {
    const { database, accounts, proofs } = this.#parts;
    checkPassword(wanted);
    await proofs.require(database, userId, sessionId);
    const [account] = await accounts.byIds([userId], true);
    if (!account) throw new ClatterError('NOT_FOUND', 'there is no such account');
    const hash = await this.#hash(account, wanted);
    await this.#parts.database.transaction((queries) =>
      this.#replace(queries, userId, hash, { notice: 'passwordChanged', exceptSessionId: sessionId }),
    );
    await this.#told();
  }

  /**
   * Asks for a code for a new password. Takes the same time and answers the same, whether or not there is such an account: that is found out
   * later, by mail-delivery.ts. Throws RATE_LIMITED, by the name that was typed.
   */
  async request(login: string, address: string): Promise<string> {
    const { database, limits, mails, clock, ids } = this.#parts;
    const name = `name ${login}`;
    await limits.code({ account: name, target: name, address: addressGroup(address) });
    const resetId = ids.v7();
    await database.transaction((queries) =>
      mails.put(queries, undefined, [{ kind: 'reset', login, resetId }], clock.nowMs() + CODE_MS),
    );
    void mails.drain();
    return resetId;
  }

  /** Ends all sessions. Throws INVALID, WEAK_PASSWORD, WRONG_CODE, RATE_LIMITED. */
  async confirm(
    { resetId, code, address }: { resetId: string; code: string; address: string },
    wanted: string,
  ): Promise<void> {
    const { database, accounts, codes, limits } = this.#parts;
    checkPassword(wanted);
    const guess = { account: `reset ${resetId}`, address: addressGroup(address) };
    await limits.codeTry(guess);
    const userId = await database.transaction((queries) => codes.ownerOf(queries, resetId, 'password', code));
    const [account] = userId === undefined ? [] : await accounts.byIds([userId], true);
    if (!account) throw wrongCode();
    await limits.codeRight(guess);
    const hash = await this.#hash(account, wanted);
    await database.transaction(async (queries) => {
      // Of two requests with one code the first drops it.
      if ((await codes.drop(queries, account.user_id, 'password')) === 0) throw wrongCode();
      await this.#replace(queries, account.user_id, hash, { notice: 'passwordReset', exceptSessionId: undefined });
    });
    // Whoever guessed at the old one has locked nobody out of the new one.
    await limits.succeeded({ account: account.user_id, address: addressGroup(address) });
    await this.#told();
  }

  async #hash(account: AccountRow, wanted: string): Promise<string> {
    const { database, addresses, strength, passwords } = this.#parts;
    const own = await addresses.list(database, account.user_id);
    await strength.check(wanted, [account.username, account.display_name, ...own.map(({ text }) => text)]);
    return passwords.hash(wanted);
  }

  async #replace(
    queries: Queries,
    userId: string,
    hash: string,
    { notice, exceptSessionId }: { notice: 'passwordChanged' | 'passwordReset'; exceptSessionId: string | undefined },
  ): Promise<void> {
    const { accounts, sessions, codes, notices } = this.#parts;
    await accounts.setPassword(queries, userId, hash);
    await sessions.revokeOthers(queries, userId, exceptSessionId);
    await codes.drop(queries, userId, 'password');
    await notices.put(queries, userId, notice);
  }

  async #told(): Promise<void> {
    this.#parts.notices.send();
    await this.#parts.outbox.drain();
  }
}
