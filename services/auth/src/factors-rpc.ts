/** The calls about second factors and proofs. Identical for a direct call and for gRPC. */
import type { FactorsService } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type Accounts, toUser } from './accounts.ts';
import { type Audit, person } from './audit.ts';
import type { Factors } from './factors.ts';
import type { LoginLimits } from './limits.ts';
import type { MfaLogins } from './mfa-logins.ts';
import type { Notices } from './notices.ts';
import type { Passkeys } from './passkeys.ts';
import { passkeysRpc } from './passkeys-rpc.ts';
import type { Database } from './ports.ts';
import type { Proofs } from './proofs.ts';
import type { Sessions } from './sessions.ts';
import { forgetTotp, type Totp } from './totp.ts';

const TOKEN_MAX = 100;

export function factorsRpc(parts: {
  database: Database;
  accounts: Accounts;
  sessions: Sessions;
  proofs: Proofs;
  factors: Factors;
  totp: Totp;
  mfaLogins: MfaLogins;
  passkeys: Passkeys;
  limits: LoginLimits;
  notices: Notices;
  audit: Audit;
}): FactorsService {
  const { database, accounts, sessions, proofs, factors, totp, mfaLogins, notices, audit } = parts;

  const accountOf = async (userId: string) => {
    const [account] = isUuid(userId) ? await accounts.byIds([userId], true) : [];
    if (!account) throw new ClatterError('NOT_FOUND', 'there is no such account');
    return account;
  };

  return {
    async finishLogin({ mfaToken = '', proof = {}, address = '' }) {
      const token = mfaToken.slice(0, TOKEN_MAX);
      const { userId, device } = await mfaLogins.try(token);
      await factors.check({ userId, address }, proof, 'mfa', ['code', 'recoveryCode', 'assertion']);
      const session = await sessions.begin(userId, device, (queries) => mfaLogins.end(queries, token), address);
      return { user: toUser(await accountOf(userId)), session };
    },

    async reauthenticate({ userId = '', sessionId = '', proof = {}, address = '' }) {
      await accountOf(userId);
      // Where logins want a second factor, the password alone proves too little.
      const on = await totp.isOn(database, userId);
      const allowed = on ? (['code', 'recoveryCode', 'assertion'] as const) : (['password', 'assertion'] as const);
      await factors.check({ userId, address }, proof, 'prove', allowed);
      return { provedUntilMs: await proofs.mark(database, userId, sessionId) };
    },

    async getMfa({ userId = '' }) {
      await accountOf(userId);
      return {
        enabled: await totp.isOn(database, userId),
        recoveryCodesLeft: await totp.recoveryCodesLeft(userId),
      };
    },

    async beginTotp({ userId = '', sessionId = '' }) {
      const { username } = await accountOf(userId);
      return database.transaction(async (queries) => {
        await proofs.require(queries, userId, sessionId);
        return totp.begin(queries, userId, username);
      });
    },

    async confirmTotp({ userId = '', code = '', address = '' }) {
      await accountOf(userId);
      let recoveryCodes: string[] | undefined;
      await factors.guess({ userId, address }, async () => {
        recoveryCodes = await database.transaction(async (queries) => {
          const codes = await totp.confirm(queries, userId, code.slice(0, TOKEN_MAX));
          if (!codes) return undefined;
          await notices.put(queries, userId, 'mfaOn');
          await audit.record(queries, { action: 'mfa.enabled', actor: person(userId), userId, address });
          return codes;
        });
        return recoveryCodes !== undefined;
      });
      if (!recoveryCodes) throw new ClatterError('INVALID', 'code: want that of the authenticator now');
      notices.send();
      return { recoveryCodes };
    },

    async disableTotp({ userId = '', sessionId = '' }) {
      await accountOf(userId);
      await database.transaction(async (queries) => {
        await proofs.require(queries, userId, sessionId);
        // Whoever had none, or none that counted, has nothing to be told of.
        if (await totp.isOn(queries, userId)) {
          await notices.put(queries, userId, 'mfaOff');
          await audit.record(queries, { action: 'mfa.disabled', actor: person(userId), userId });
        }
        await forgetTotp(queries, userId);
      });
      notices.send();
      return {};
    },

    async renewRecoveryCodes({ userId = '', sessionId = '' }) {
      await accountOf(userId);
      const recoveryCodes = await database.transaction(async (queries) => {
        await proofs.require(queries, userId, sessionId);
        return totp.renewRecoveryCodes(queries, userId);
      });
      return { recoveryCodes };
    },

    ...passkeysRpc({ ...parts, accountOf }),
  };
}
