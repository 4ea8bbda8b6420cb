/** The calls about addresses and passwords, and what several calls check. */
import type { AuthService } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import type { AddressChanges } from './address-changes.ts';
import type { AddressKind } from './addresses.ts';
import { wrongCode } from './codes.ts';
import type { PasswordChanges } from './password-changes.ts';

/** Longer than any e-mail address: what is cut off was wrong. */
const LOGIN_MAX = 255;

/** A person's id. Throws INVALID. */
export function known(userId: string): string {
  if (!isUuid(userId)) throw new ClatterError('INVALID', 'userId: want a UUID in lower case');
  return userId;
}

/** A username or an e-mail address as it is looked for. */
export const loginName = (login: string): string => login.trim().toLowerCase().slice(0, LOGIN_MAX);

function kindOf(kind: string): AddressKind {
  if (kind !== 'email' && kind !== 'phone')
    throw new ClatterError('INVALID', `kind: want email or phone, got ${JSON.stringify(kind.slice(0, 20))}`);
  return kind;
}

export const addressRpc = (
  changes: AddressChanges,
): Pick<AuthService, 'listAddresses' | 'setAddress' | 'sendAddressCode' | 'verifyAddress' | 'removeAddress'> => ({
  async listAddresses({ userId = '' }) {
    const items = await changes.list(known(userId));
    return { items: items.map(({ kind, text, verified }) => ({ kind, address: text, verified })) };
  },

  async setAddress({ userId = '', sessionId = '', kind = '', value = '', address = '' }) {
    await changes.set({ userId: known(userId), sessionId, kind: kindOf(kind), address }, value);
    return {};
  },

  async sendAddressCode({ userId = '', kind = '', address = '' }) {
    await changes.codeAgain({ userId: known(userId), kind: kindOf(kind), address });
    return {};
  },

  async verifyAddress({ userId = '', kind = '', code = '', address = '' }) {
    await changes.verify({ userId: known(userId), kind: kindOf(kind), address }, code);
    return {};
  },

  async removeAddress({ userId = '', sessionId = '', kind = '' }) {
    await changes.remove({ userId: known(userId), sessionId, kind: kindOf(kind) });
    return {};
  },
});

export const passwordRpc = (
  changes: PasswordChanges,
): Pick<AuthService, 'changePassword' | 'requestPasswordReset' | 'confirmPasswordReset'> => ({
  async changePassword({ userId = '', sessionId = '', password = '' }) {
    if (!isUuid(sessionId)) throw new ClatterError('INVALID', 'sessionId: want a UUID in lower case');
    await changes.change({ userId: known(userId), sessionId }, password);
    return {};
  },

  async requestPasswordReset({ login = '', address = '' }) {
    return { resetId: await changes.request(loginName(login), address) };
  },

  async confirmPasswordReset({ resetId = '', code = '', password = '', address = '' }) {
    if (!isUuid(resetId)) throw wrongCode();
    await changes.confirm({ resetId, code, address }, password);
    return {};
  },
});
