/**
 * What is sent to whom, decided when it is sent: whoever asked for it was answered before, in the same time and with the same words whether
 * there is such an account or not.
 */

import { ClatterError } from '@clatter/wire';
import type { Addresses, AddressKind } from './addresses.ts';
import type { Codes } from './codes.ts';
import type { LoginLimits } from './limits.ts';
import {
  type Letter,
  type Notice,
  noticeLetter,
  resetLetter,
  type Voice,
  verificationLetter,
  verificationText,
} from './mail-templates.ts';
import type { Database, MailSender, SmsSender } from './ports.ts';

export type Errand =
  /** The code with which a person shows that an address is theirs. */
  | {
      readonly kind: 'verification';
      readonly userId: string;
      readonly addressKind: AddressKind;
      readonly to: string;
      readonly codeId: string;
    }
  /** A new password was asked for, by a name that may be nobody's. */
  | { readonly kind: 'reset'; readonly login: string; readonly resetId: string }
  | { readonly kind: 'notice'; readonly notice: Notice; readonly to: string };

interface Parts {
  readonly database: Database;
  readonly addresses: Addresses;
  readonly codes: Codes;
  readonly limits: LoginLimits;
  readonly mail: MailSender;
  readonly sms: SmsSender;
  readonly voice: Voice;
  /** The person of a username or an e-mail address. */
  readonly byLogin: (login: string) => Promise<{ readonly user_id: string } | undefined>;
}

export class Delivery {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rejects with Undeliverable where another try is in vain. */
  async run(errand: Errand, expiresAtMs: number): Promise<void> {
    const { voice } = this.#parts;
    if (errand.kind === 'notice') return this.#mail(errand.to, noticeLetter(errand.notice, voice));
    if (errand.kind === 'reset') return this.#reset(errand.login, errand.resetId, expiresAtMs);
    const { userId, addressKind, to, codeId } = errand;
    const code = this.#parts.codes.text(codeId, addressKind);
    const owner = await this.#parts.addresses.ownerOf(this.#parts.database, addressKind, to);
    if (owner !== undefined && owner !== userId) {
      // The code would verify nothing. Who has the address is told of that; who asked is not.
      if (addressKind === 'email') await this.#mail(to, noticeLetter('addressTaken', voice));
    } else if (addressKind === 'email') await this.#mail(to, verificationLetter(code, voice));
    else await this.#parts.sms.send(to, verificationText(code, voice));
  }

  async #reset(login: string, resetId: string, expiresAtMs: number): Promise<void> {
    const { database, addresses, codes, voice, byLogin, limits } = this.#parts;
    const account = await byLogin(login);
    if (!account) return;
    const userId = account.user_id;
    const to = await addresses.find(database, userId, 'email', true);
    // A claim is not enough: whoever has the address, by a slip of the keyboard, would get the account.
    if (to === undefined) return;
    try {
      // By whichever of its names it was asked for. A repeat of one that was under way counts again.
      await limits.code({ account: userId, target: to, address: '' });
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'RATE_LIMITED') return;
      throw error;
    }
    await codes.issue(database, userId, 'password', { codeId: resetId, expiresAtMs });
    await this.#mail(to, resetLetter(resetId, codes.text(resetId, 'password'), voice));
  }

  #mail(to: string, letter: Letter): Promise<void> {
    return this.#parts.mail.send({ to, ...letter });
  }
}
