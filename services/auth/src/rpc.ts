/** The calls of auth. Identical for a direct call and for gRPC. */
import type { AuthService, Device } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type Accounts, toUser } from './accounts.ts';
import type { AccessTokens } from './keys.ts';
import type { LoginLimits } from './limits.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';

const USERS_MAX = 500;
const SEARCH_DEFAULT = 20;
const SEARCH_MAX = 100;

export function authRpc(parts: {
  accounts: Accounts;
  sessions: Sessions;
  passwords: Passwords;
  limits: LoginLimits;
  tokens: AccessTokens;
}): AuthService {
  const { accounts, sessions, passwords, limits, tokens } = parts;
  return {
    async register({ username = '', password = '', email, displayName, device, address = '' }) {
      await limits.registration(address);
      const account = await accounts.create({ username, password, email, displayName });
      return { user: toUser(account), session: await sessions.begin(account.user_id, device as Device | undefined) };
    },

    async login({ login = '', password = '', device, address = '' }) {
      const name = login.trim().toLowerCase().slice(0, 254);
      await limits.checkLogin(name, address);
      const account = await accounts.byLogin(name);
      if (!(await passwords.verify(account?.password_hash, password.slice(0, 1024))) || !account) {
        await limits.loginFailed(name, address);
        throw new ClatterError('UNAUTHENTICATED', 'login or password is wrong');
      }
      await limits.loginSucceeded(name);
      return { user: toUser(account), session: await sessions.begin(account.user_id, device as Device | undefined) };
    },

    async refresh({ refreshToken = '' }) {
      return { session: await sessions.refresh(refreshToken) };
    },

    async listSessions({ userId = '' }) {
      return { items: await sessions.list(userId) };
    },

    async revokeSessions({ userId = '', sessionId }) {
      if (sessionId !== undefined && !isUuid(sessionId)) return { revoked: 0 };
      return { revoked: await sessions.revoke(userId, sessionId) };
    },

    async getUsers({ userIds = [] }) {
      if (userIds.length > USERS_MAX)
        throw new ClatterError('INVALID', `userIds: want at most ${USERS_MAX}, got ${userIds.length}`);
      const rows = await accounts.byIds(userIds.filter(isUuid));
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
      return { user: toUser(await accounts.update(userId, { displayName, avatarUrl, bio, statusText })) };
    },

    async deleteAccount({ userId = '' }) {
      await accounts.delete(userId);
      return {};
    },

    async getKeys() {
      return { jwks: tokens.jwks };
    },
  };
}
