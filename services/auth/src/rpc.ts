/** The calls of auth. Identical for a direct call and for gRPC. */
import type { AuthService, Device } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type Accounts, toUser } from './accounts.ts';
import { addressGroup } from './address-group.ts';
import type { Factors } from './factors.ts';
import type { AccessTokens } from './keys.ts';
import type { LoginLimits } from './limits.ts';
import type { MfaLogins } from './mfa-logins.ts';
import type { Passwords } from './passwords.ts';
import type { Database } from './ports.ts';
import type { Proofs } from './proofs.ts';
import { inviteSecret } from './secrets.ts';
import type { Sessions } from './sessions.ts';

const USERS_MAX = 500;
const SEARCH_DEFAULT = 20;
const SEARCH_MAX = 100;
/** Longer than any e-mail address, and than any password: what is cut off was wrong. */
const LOGIN_MAX = 255;
const PASSWORD_MAX = 1024;

export function authRpc(parts: {
  database: Database;
  accounts: Accounts;
  sessions: Sessions;
  passwords: Passwords;
  limits: LoginLimits;
  tokens: AccessTokens;
  secret: Buffer;
  factors: Factors;
  mfaLogins: MfaLogins;
  proofs: Proofs;
}): AuthService {
  const { database, accounts, sessions, passwords, limits, tokens, secret, factors, mfaLogins, proofs } = parts;
  return {
    async register({ username = '', password = '', email, phone, displayName, device, address = '' }) {
      await limits.registration(addressGroup(address));
      const [account, begun] = await accounts.create(
        { username, password, email, phone, displayName },
        (queries, userId) => sessions.open(queries, userId, device as Device | undefined),
      );
      return { user: toUser(account), session: await sessions.issue(account.user_id, begun) };
    },

    async login({ login = '', password = '', device, address = '' }) {
      const name = login.trim().toLowerCase().slice(0, LOGIN_MAX);
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
      if (!right || !account) throw new ClatterError('UNAUTHENTICATED', 'login or password is wrong');
      const methods = await factors.methods(account.user_id);
      if (methods.length > 0) return { mfa: await mfaLogins.begin(account, device as Device | undefined, methods) };
      return { user: toUser(account), session: await sessions.begin(account.user_id, device as Device | undefined) };
    },

    async refresh({ refreshToken = '' }) {
      return { session: await sessions.refresh(refreshToken) };
    },

    async listSessions({ userId = '' }) {
      return { items: await sessions.list(known(userId)) };
    },

    async renameSession({ userId = '', sessionId = '', name = '' }) {
      if (!isUuid(sessionId)) throw new ClatterError('NOT_FOUND', 'there is no such session');
      await sessions.rename(known(userId), sessionId, name);
      return {};
    },

    async revokeSessions({ userId = '', sessionId }) {
      if (sessionId !== undefined && !isUuid(sessionId)) return { revoked: 0 };
      return { revoked: await sessions.revoke(known(userId), sessionId) };
    },

    async getUsers({ userIds = [], living = false }) {
      if (userIds.length > USERS_MAX)
        throw new ClatterError('INVALID', `userIds: want at most ${USERS_MAX}, got ${userIds.length}`);
      const rows = await accounts.byIds(userIds.filter(isUuid), living);
      return { users: rows.map(toUser) };
    },

    async searchUsers({ query = '', limit = 0, cursor = '' }) {
      if (limit > SEARCH_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${SEARCH_MAX}, got ${limit}`);
      if (query.includes('\0') || !query.isWellFormed())
        throw new ClatterError('INVALID', 'query: want text without U+0000');
      const count = limit || SEARCH_DEFAULT;
      const after = Buffer.from(cursor, 'base64url').toString().replaceAll('\0', '');
      const rows = await accounts.search(query.slice(0, 100), after, count + 1);
      const items = rows.slice(0, count).map(toUser);
      const last = items.at(-1);
      return rows.length > count && last
        ? { items, nextCursor: Buffer.from(last.username.toLowerCase()).toString('base64url') }
        : { items };
    },

    async updateProfile({ userId = '', displayName, avatarUrl, bio, statusText }) {
      return { user: toUser(await accounts.update(known(userId), { displayName, avatarUrl, bio, statusText })) };
    },

    async deleteAccount({ userId = '', sessionId = '' }) {
      await proofs.require(database, known(userId), sessionId);
      await accounts.delete(known(userId));
      return {};
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

/** A person's id. Throws INVALID. */
function known(userId: string): string {
  if (!isUuid(userId)) throw new ClatterError('INVALID', 'userId: want a UUID in lower case');
  return userId;
}
