/** Accounts in memory, with tokens that are signed like the real ones. */
import { createHash } from 'node:crypto';
import {
  AccountRecord,
  type AuthService,
  type FactorsService,
  PeopleService,
  type SsoService,
} from '@clatter/contracts/auth';
import { type EventLog, topics } from '@clatter/log';
import { type Clock, type Ids, isUuid, sleep } from '@clatter/runtime';
import { ClatterError, User } from '@clatter/wire';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const KEY_ID = 'key-1';

interface Login {
  readonly userId: string;
  readonly sessionId: string;
}

export async function createSmallAuth(parts: { clock: Clock; ids: Ids; log: EventLog }) {
  const { clock, ids, log } = parts;
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'EdDSA', use: 'sig' }] });
  const producer = log.producer();
  const users = new Map<string, User & { password: string }>();
  const sessions = new Map<string, Login>();

  const sign = ({ userId, sessionId }: Login, seconds = 600): Promise<string> => {
    const now = Math.floor(clock.nowMs() / 1000);
    return new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'EdDSA', kid: KEY_ID })
      .setSubject(userId)
      .setIssuer('clatter')
      .setAudience('clatter')
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(privateKey);
  };
  const begin = async (login: Login) => {
    sessions.set(login.sessionId, login);
    return { ...login, accessToken: await sign(login), expiresIn: 600, refreshToken: `refresh-${login.sessionId}` };
  };
  const publish = (record: Parameters<typeof AccountRecord.encode>[0] & { userId: string }): Promise<unknown> =>
    producer.send(topics.accounts.name, { key: record.userId, value: AccountRecord.encode(record) });

  /** What was asked for addresses and passwords. */
  const asked: string[] = [];

  const auth: AuthService = {
    async register({ username = '', password = '', displayName = username }) {
      if ([...users.values()].some((user) => user.username === username))
        throw new ClatterError('CONFLICT', 'username: it is taken');
      const user = { ...User.create({ userId: ids.v7(), username, displayName }), password };
      users.set(user.userId, user);
      return { user, session: await begin({ userId: user.userId, sessionId: ids.v7() }) };
    },
    async login({ login, password }) {
      const user = [...users.values()].find((item) => item.username === login && item.password === password);
      if (login === 'busy') throw new ClatterError('RATE_LIMITED', 'too many logins', { retryAfterMs: 61_500 });
      if (login === 'slow') await sleep(clock, 400);
      if (login === 'broken') throw new Error('a bug with a secret');
      if (!user) throw new ClatterError('UNAUTHENTICATED', 'login or password is wrong');
      return { user, session: await begin({ userId: user.userId, sessionId: ids.v7() }) };
    },
    async refresh({ refreshToken = '' }) {
      const login = sessions.get(refreshToken.replace('refresh-', ''));
      if (!login) throw new ClatterError('UNAUTHENTICATED', 'refreshToken: want another');
      return { session: await begin(login) };
    },
    async listSessions({ userId }) {
      const own = [...sessions.values()].filter((login) => login.userId === userId);
      return {
        items: own.map(({ sessionId }) => ({
          sessionId,
          device: { name: 'laptop', platform: 'web' },
          createdAtMs: 1,
          lastUsedAtMs: 2,
        })),
      };
    },
    async renameSession() {
      return {};
    },
    async revokeSessions({ userId = '', sessionId }) {
      const own = [...sessions.values()].filter(
        (login) => login.userId === userId && (sessionId ?? login.sessionId) === login.sessionId,
      );
      for (const login of own) sessions.delete(login.sessionId);
      if (own.length > 0)
        await publish({
          userId,
          atMs: clock.nowMs(),
          sessionsRevoked: { sessionIds: own.map((item) => item.sessionId) },
        });
      return { revoked: own.length };
    },
    async getUsers({ userIds = [] }) {
      return { users: userIds.filter(isUuid).flatMap((id) => users.get(id) ?? []) };
    },
    async searchUsers({ query = '', limit = 20 }) {
      const found = [...users.values()].filter(({ username }) => username.startsWith(query));
      return found.length > limit ? { items: found.slice(0, limit), nextCursor: 'more' } : { items: found };
    },
    async updateProfile({ userId = '', displayName, bio }) {
      const user = users.get(userId) as User & { password: string };
      if (displayName !== undefined) user.displayName = displayName;
      if (bio !== undefined) user.bio = bio;
      return { user };
    },
    async listAudit({ userId = '', cursor }) {
      const row = { atMs: 5, action: 'login.succeeded', actor: { kind: 'person', id: userId }, target: ids.v7() };
      return cursor === undefined ? { items: [row], nextCursor: '1' } : { items: [row] };
    },
    async deleteAccount({ userId = '' }) {
      users.delete(userId);
      await publish({ userId, atMs: clock.nowMs(), deleted: {} });
      return {};
    },
    async getInviteSecret({ conversationId = '', userId = '', commandId = '' }) {
      const text = [conversationId, userId, commandId].join(' ');
      return { secret: new Uint8Array(createHash('sha256').update(text).digest().subarray(0, 20)) };
    },
    async getKeys() {
      return { jwks };
    },
    async listAddresses() {
      return { items: [{ kind: 'email', address: 'alice@example.org', verified: true }] };
    },
    async setAddress({ kind, value }) {
      asked.push(`set ${kind} ${value}`);
      return {};
    },
    async sendAddressCode({ kind }) {
      asked.push(`code ${kind}`);
      return {};
    },
    async verifyAddress({ kind, code }) {
      if (code !== '12345678') throw new ClatterError('WRONG_CODE', 'code: it is wrong');
      asked.push(`verify ${kind}`);
      return {};
    },
    async removeAddress({ kind }) {
      asked.push(`remove ${kind}`);
      return {};
    },
    async changePassword({ userId, sessionId, password }) {
      asked.push(`password ${userId} ${sessionId} ${password}`);
      return {};
    },
    async requestPasswordReset({ login }) {
      asked.push(`reset ${login}`);
      return { resetId: ids.v7() };
    },
    async confirmPasswordReset({ code, password }) {
      asked.push(`confirm ${code} ${password}`);
      return {};
    },
  };
  /** Tests of factors run on the real auth. */
  const factors = {} as FactorsService;
  /** Who blocks whom, as `<blocker> <blocked>`. */
  const blocks = new Set<string>();
  const people: Pick<PeopleService, 'getRelations' | 'setBlock'> = {
    async getRelations({ viewerId = '', userIds = [] }) {
      const relations = userIds.flatMap((userId) => {
        if (!users.has(userId)) return [];
        const blocked = blocks.has(`${viewerId} ${userId}`);
        const blockedBy = blocks.has(`${userId} ${viewerId}`);
        const free = !blocked && !blockedBy;
        const numbers = { blockedNumber: blocked ? 1 : 0, blockedByNumber: blockedBy ? 1 : 0 };
        return [{ userId, seesPresence: free, mayMessage: free, mayAdd: free, ...numbers }];
      });
      return { relations };
    },
    async setBlock({ userId, blockedId, blocked }) {
      const pair = `${userId} ${blockedId}`;
      if (blocked) blocks.add(pair);
      else blocks.delete(pair);
      return { number: 1 };
    },
  };
  const sso = {} as SsoService;
  return { auth, factors, people: people as PeopleService, sso, sign, asked };
}
