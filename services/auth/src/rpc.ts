/** The calls of auth. Identical for a direct call and for gRPC. */
import type { AuthService, Device } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type Accounts, toUser } from './accounts.ts';
import type { AddressChanges } from './address-changes.ts';
import { addressGroup } from './address-group.ts';
import { type Audit, auditCursor, nobody, person } from './audit.ts';
import { addressRpc, known, loginName, passwordRpc } from './credentials-rpc.ts';
import type { Factors } from './factors.ts';
import type { AccessTokens } from './keys.ts';
import type { LoginLimits } from './limits.ts';
import type { MfaLogins } from './mfa-logins.ts';
import type { PasswordChanges } from './password-changes.ts';
import type { Passwords } from './passwords.ts';
import type { Database } from './ports.ts';
import type { Proofs } from './proofs.ts';
import type { Relations } from './relations.ts';
import { inviteSecret } from './secrets.ts';
import type { Sessions } from './sessions.ts';

const USERS_MAX = 500;
const SEARCH_DEFAULT = 20;
const SEARCH_MAX = 100;
const AUDIT_DEFAULT = 50;
/** Longer than any password: what is cut off was wrong. */
const PASSWORD_MAX = 1024;

export function authRpc(parts: {
  database: Database;
  audit: Audit;
  accounts: Accounts;
  relations: Relations;
  sessions: Sessions;
  passwords: Passwords;
  limits: LoginLimits;
  tokens: AccessTokens;
  secret: Buffer;
  factors: Factors;
  mfaLogins: MfaLogins;
  proofs: Proofs;
  addressChanges: AddressChanges;
  passwordChanges: PasswordChanges;
}): AuthService {
  const {
    database,
    audit,
    accounts,
    relations,
    sessions,
    passwords,
    limits,
    tokens,
    secret,
    factors,
    mfaLogins,
    proofs,
  } = parts;
  return {
    ...addressRpc(parts.addressChanges),
    ...passwordRpc(parts.passwordChanges),

    async register({ username = '', password = '', email, phone, displayName, device, address = '' }) {
      await limits.registration(addressGroup(address));
      const [account, begun] = await accounts.create(
        { username, password, email, phone, displayName },
        async (queries, userId, claims) => {
          await audit.record(queries, { action: 'account.registered', actor: person(userId), userId, address });
          await parts.addressChanges.welcome(queries, userId, claims, address);
          return sessions.open(queries, userId, device as Device | undefined, address);
        },
      );
      parts.addressChanges.sendWaiting();
      return { user: toUser(account), session: await sessions.issue(account.user_id, begun) };
    },

    async login({ login = '', password = '', device, address = '' }) {
      const name = loginName(login);
      const account = await accounts.byLogin(name);
      // Per account, whichever of its names was typed; names that no account has are limited alike, so that nobody learns which is which.
      const guess = { account: account?.user_id ?? `name ${name}`, address: addressGroup(address) };
      await limits.check(guess);
      const right = await passwords.verify(account?.password_hash, password.slice(0, PASSWORD_MAX), {
        before: () => limits.begin(guess),
        after: async (same) => {
          if (same) await limits.succeeded(guess);
        },
      });
      if (!right || !account) {
        const failed = { action: 'login.failed', actor: nobody, userId: account?.user_id, address } as const;
        await database.transaction((queries) => audit.record(queries, failed));
        throw new ClatterError('UNAUTHENTICATED', 'login or password is wrong');
      }
      const methods = await factors.methods(account.user_id);
      if (methods.length > 0) return { mfa: await mfaLogins.begin(account, device as Device | undefined, methods) };
      const session = await sessions.begin(account.user_id, device as Device | undefined, undefined, address);
      return { user: toUser(account), session };
    },

    async refresh({ refreshToken = '', address = '' }) {
      return { session: await sessions.refresh(refreshToken, address) };
    },

    async listSessions({ userId = '' }) {
      return { items: await sessions.list(known(userId)) };
    },

    async renameSession({ userId = '', sessionId = '', name = '' }) {
      if (!isUuid(sessionId)) throw new ClatterError('NOT_FOUND', 'there is no such session');
      await sessions.rename(known(userId), sessionId, name);
      return {};
    },

    async revokeSessions({ userId = '', sessionId, address = '' }) {
      if (sessionId !== undefined && !isUuid(sessionId)) return { revoked: 0 };
      return { revoked: await sessions.revoke(known(userId), sessionId, { actor: person(userId), address }) };
    },

    async getUsers({ viewerId = '', userIds = [], living = false }) {
      if (userIds.length > USERS_MAX)
        throw new ClatterError('INVALID', `userIds: want at most ${USERS_MAX}, got ${userIds.length}`);
      const rows = await accounts.byIds(userIds.filter(isUuid), living);
      return { users: await relations.view(viewerId, rows.map(toUser)) };
    },

    async searchUsers({ viewerId = '', query = '', limit = 0, cursor = '' }) {
      if (limit > SEARCH_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${SEARCH_MAX}, got ${limit}`);
      if (query.includes('\0') || !query.isWellFormed())
        throw new ClatterError('INVALID', 'query: want text without U+0000');
      const count = limit || SEARCH_DEFAULT;
      const after = Buffer.from(cursor, 'base64url').toString().replaceAll('\0', '');
      const rows = await accounts.search(viewerId, query.slice(0, 100), after, count + 1);
      const items = await relations.view(viewerId, rows.slice(0, count).map(toUser));
      const last = items.at(-1);
      return rows.length > count && last
        ? { items, nextCursor: Buffer.from(last.username.toLowerCase()).toString('base64url') }
        : { items };
    },

    async updateProfile({ userId = '', displayName, avatarUrl, bio, statusText, address = '' }) {
      const change = { displayName, avatarUrl, bio, statusText };
      return { user: toUser(await accounts.update(known(userId), change, address)) };
    },

    async deleteAccount({ userId = '', sessionId = '' }) {
      await proofs.require(database, known(userId), sessionId);
      await accounts.delete(known(userId));
      return {};
    },

    async listAudit({ userId = '', limit = 0, cursor }) {
      if (limit > SEARCH_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${SEARCH_MAX}, got ${limit}`);
      const count = limit || AUDIT_DEFAULT;
      const before = auditCursor(cursor);
      const rows = await audit.list(database, { userId: known(userId), before, limit: count + 1 });
      const last = rows.length > count ? rows[count - 1] : undefined;
      return { items: rows.slice(0, count), ...(last && { nextCursor: String(last.number) }) };
    },

    async getKeys() {
      return { jwks: await tokens.jwks() };
    },

    async getInviteSecret({ conversationId = '', userId = '', commandId = '' }) {
      const ids = [conversationId, userId, commandId];
      if (!ids.every(isUuid)) throw new ClatterError('INVALID', 'want three UUIDs in lower case');
      return { secret: inviteSecret(secret, ids) };
    },
  };
}
