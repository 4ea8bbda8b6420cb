/** The calls about single sign-on. Identical for a direct call and for gRPC. */
import type { Device, SsoService } from '@clatter/contracts/auth';
import { type Clock, isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type Accounts, toUser } from '../accounts.ts';
import { addressGroup } from '../address-group.ts';
import type { AuthConfig } from '../config.ts';
import type { Factors } from '../factors.ts';
import type { LoginLimits } from '../limits.ts';
import type { MfaLogins } from '../mfa-logins.ts';
import { type Database, isUniqueViolation } from '../ports.ts';
import type { Proofs } from '../proofs.ts';
import type { Sessions } from '../sessions.ts';
import { requireWayIn } from '../ways-in.ts';
import { FLOW_MS, type SsoFlows } from './flows.ts';
import { Provider, type Subject } from './provider.ts';
import type { SsoSettings } from './settings.ts';

type IdentityRow = { user_id: string; provider: string; created_at_ms: number };

const CODE_MAX = 100;

export function ssoRpc(parts: {
  database: Database;
  accounts: Accounts;
  sessions: Sessions;
  factors: Factors;
  mfaLogins: MfaLogins;
  proofs: Proofs;
  limits: LoginLimits;
  flows: SsoFlows;
  clock: Clock;
  config: AuthConfig;
  settings: SsoSettings;
}): SsoService {
  const { database, accounts, sessions, factors, mfaLogins, proofs, limits, flows, clock, config, settings } = parts;
  const providers = new Map(Object.entries(settings).map(([name, of]) => [name, new Provider(of)]));
  const returnUrls = config.CLATTER_AUTH_SSO_RETURN_URLS.split(',').map((url) => url.trim());

  const providerOf = (name: string): Provider => {
    const provider = providers.get(name);
    if (!provider) throw new ClatterError('NOT_FOUND', 'there is no such provider');
    return provider;
  };
  const known = (userId: string): string => {
    if (!isUuid(userId)) throw new ClatterError('INVALID', 'userId: want a UUID in lower case');
    return userId;
  };
  const userOf = async (provider: string, { subject }: Subject): Promise<string | undefined> => {
    const [row] = await database.query<IdentityRow>(
      'SELECT user_id FROM identities WHERE provider = $1 AND subject = $2',
      [provider, subject],
    );
    return row?.user_id;
  };

  /** Whose login it is: an account that is linked, else a new one. Never one that is found by an e-mail address. */
  const findOrMake = async (provider: string, who: Subject, address: string): Promise<string> => {
    const there = await userOf(provider, who);
    if (there !== undefined) return there;
    if (config.CLATTER_AUTH_SSO_SIGN_UP === 'off')
      throw new ClatterError('NOT_FOUND', 'no account is linked to this login: log in, and link it');
    await limits.registration(addressGroup(address));
    try {
      return await accounts.createWithoutPassword(who.name, async (queries, userId) => {
        await queries.query('INSERT INTO identities VALUES ($1, $2, $3, $4)', [
          provider,
          who.subject,
          userId,
          clock.nowMs(),
        ]);
      });
    } catch (error) {
      const made = isUniqueViolation(error) ? await userOf(provider, who) : undefined;
      if (made === undefined) throw error;
      return made;
    }
  };

  return {
    async listProviders() {
      return { providers: [...providers.keys()] };
    },

    async startSso({ provider: name = '', returnUrl = '', byCookie = false, userId, address = '' }) {
      const provider = providerOf(name);
      if (!returnUrls.includes(returnUrl))
        throw new ClatterError('INVALID', 'returnUrl: want one of CLATTER_AUTH_SSO_RETURN_URLS');
      await limits.challenge(addressGroup(address));
      const forUser = userId === undefined ? undefined : known(userId);
      const { ties, secret } = await flows.begin({ provider: name, returnUrl, byCookie, userId: forUser });
      return {
        authorizeUrl: await provider.authorizeUrl(ties, clock.nowMs()),
        secret,
        expiresIn: FLOW_MS / 1000,
      };
    },

    async finishSso({ provider: name = '', query = '', secret = '' }) {
      const provider = providerOf(name);
      const flow = await flows.take(name, new URLSearchParams(query).get('state') ?? '', secret);
      const target = new URL(flow.returnUrl);
      try {
        const who = await provider.finish(flow.ties, query, clock.nowMs());
        target.searchParams.set('code', await flows.giveCode(name, flow, who));
      } catch (error) {
        if (!(error instanceof ClatterError)) throw error;
        target.searchParams.set('error', error.code);
      }
      return { redirectUrl: target.toString() };
    },

    async exchangeSso({ code = '', secret = '', device, address = '' }) {
      const { provider, ...who } = await flows.takeCode(code.slice(0, CODE_MAX), secret.slice(0, CODE_MAX), null);
      const userId = await findOrMake(provider, who, address);
      const [account] = await accounts.byIds([userId], true);
      if (!account) throw new ClatterError('UNAUTHENTICATED', 'the account is there no more');
      const methods = await factors.methods(userId);
      if (methods.length > 0) return { mfa: await mfaLogins.begin(account, device as Device | undefined, methods) };
      return { user: toUser(account), session: await sessions.begin(userId, device as Device | undefined) };
    },

    async linkIdentity({ userId = '', sessionId = '', code = '', secret = '' }) {
      await proofs.require(database, known(userId), sessionId);
      const { provider, subject } = await flows.takeCode(code.slice(0, CODE_MAX), secret.slice(0, CODE_MAX), userId);
      const createdAtMs = clock.nowMs();
      try {
        await database.query('INSERT INTO identities VALUES ($1, $2, $3, $4)', [
          provider,
          subject,
          userId,
          createdAtMs,
        ]);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new ClatterError('CONFLICT', 'this login is linked already, or the account to another of this provider');
      }
      return { identity: { provider, createdAtMs } };
    },

    async listIdentities({ userId = '' }) {
      const rows = await database.query<IdentityRow>('SELECT * FROM identities WHERE user_id = $1 ORDER BY provider', [
        known(userId),
      ]);
      return { items: rows.map(({ provider, created_at_ms }) => ({ provider, createdAtMs: created_at_ms })) };
    },

    async unlinkIdentity({ userId = '', sessionId = '', provider = '' }) {
      await database.transaction(async (queries) => {
        await proofs.require(queries, known(userId), sessionId);
        const gone = await queries.query(
          'DELETE FROM identities WHERE user_id = $1 AND provider = $2 RETURNING provider',
          [userId, provider.replaceAll('\0', '')],
        );
        if (gone.length === 0) throw new ClatterError('NOT_FOUND', 'there is no such link');
        await requireWayIn(queries, userId);
      });
      return {};
    },
  };
}
