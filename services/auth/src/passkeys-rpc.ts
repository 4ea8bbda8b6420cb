/** The calls about passkeys. Identical for a direct call and for gRPC. */
import type { Device, FactorsService } from '@clatter/contracts/auth';
import { type AccountRow, toUser } from './accounts.ts';
import { addressGroup } from './address-group.ts';
import { type Audit, person } from './audit.ts';
import type { LoginLimits } from './limits.ts';
import type { MfaLogins } from './mfa-logins.ts';
import type { Notices } from './notices.ts';
import type { Passkeys } from './passkeys.ts';
import type { Database } from './ports.ts';
import type { Proofs } from './proofs.ts';
import type { Sessions } from './sessions.ts';
import { requireWayIn } from './ways-in.ts';

export function passkeysRpc(parts: {
  database: Database;
  sessions: Sessions;
  proofs: Proofs;
  mfaLogins: MfaLogins;
  passkeys: Passkeys;
  limits: LoginLimits;
  notices: Notices;
  audit: Audit;
  /** Throws NOT_FOUND. */
  accountOf(userId: string): Promise<AccountRow>;
}): Pick<
  FactorsService,
  'beginPasskey' | 'addPasskey' | 'listPasskeys' | 'renamePasskey' | 'deletePasskey' | 'askPasskey' | 'loginWithPasskey'
> {
  const { database, sessions, proofs, mfaLogins, passkeys, limits, notices, audit, accountOf } = parts;
  return {
    async beginPasskey({ userId = '', sessionId = '', address = '' }) {
      const account = await accountOf(userId);
      await proofs.require(database, userId, sessionId);
      await limits.challenge(addressGroup(address));
      return { options: await passkeys.beginAdd(account) };
    },

    async addPasskey({ userId = '', sessionId = '', name = '', attestation = '' }) {
      await accountOf(userId);
      await proofs.require(database, userId, sessionId);
      const passkey = await passkeys.add(userId, name, attestation, async (queries, target) => {
        await notices.put(queries, userId, 'passkeyAdded');
        await audit.record(queries, { action: 'passkey.added', actor: person(userId), userId, target });
      });
      notices.send();
      return { passkey };
    },

    async listPasskeys({ userId = '' }) {
      await accountOf(userId);
      return { items: await passkeys.list(userId) };
    },

    async renamePasskey({ userId = '', passkeyId = '', name = '' }) {
      await accountOf(userId);
      return { passkey: await passkeys.rename(userId, passkeyId, name) };
    },

    async deletePasskey({ userId = '', sessionId = '', passkeyId = '' }) {
      await accountOf(userId);
      await database.transaction(async (queries) => {
        await proofs.require(queries, userId, sessionId);
        await passkeys.delete(queries, userId, passkeyId);
        await requireWayIn(queries, userId);
        await notices.put(queries, userId, 'passkeyRemoved');
        const actor = person(userId);
        await audit.record(queries, { action: 'passkey.removed', actor, userId, target: passkeyId });
      });
      notices.send();
      return {};
    },

    async askPasskey({ mfaToken, userId, address = '' }) {
      await limits.challenge(addressGroup(address));
      if (mfaToken !== undefined) return { options: await passkeys.ask('mfa', await mfaLogins.userOf(mfaToken)) };
      if (userId === undefined) return { options: await passkeys.ask('login') };
      await accountOf(userId);
      return { options: await passkeys.ask('prove', userId) };
    },

    async loginWithPasskey({ assertion = '', device }) {
      const userId = await passkeys.verify(assertion, 'login');
      const session = await sessions.begin(userId, device as Device | undefined);
      return { user: toUser(await accountOf(userId)), session };
    },
  };
}
