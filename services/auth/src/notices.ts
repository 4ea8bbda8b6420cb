/** Tells people by mail what became of their account, at the e-mail address that they have verified; those without one are not told. */
import type { Addresses } from './addresses.ts';
import type { MailOutbox } from './mail-outbox.ts';
import type { Notice } from './mail-templates.ts';
import type { Queries } from './ports.ts';

export class Notices {
  readonly #addresses: Addresses;
  readonly #mails: MailOutbox;

  constructor(addresses: Addresses, mails: MailOutbox) {
    this.#addresses = addresses;
    this.#mails = mails;
  }

  /** Call inside the transaction that makes the change, and `send` after the commit. */
  async put(queries: Queries, userId: string, notice: Notice): Promise<void> {
    const to = await this.#addresses.find(queries, userId, 'email', true);
    if (to !== undefined) await this.#mails.put(queries, userId, [{ kind: 'notice', notice, to }]);
  }

  /** Nobody has to wait for it. */
  send(): void {
    void this.#mails.drain();
  }
}
