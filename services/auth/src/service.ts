/** Wires auth: the database, the keys, and the calls. */
import { join } from 'node:path';
import type { AuthService, FactorsService, PeopleService, SsoService } from '@clatter/contracts/auth';
import type { EventLog } from '@clatter/log';
import { backoff, type Clock, type Ids, type Logger, type Service, StartError, sleep } from '@clatter/runtime';
import { redisOf } from '@clatter/runtime/redis';
import { ClatterError } from '@clatter/wire';
import { AccountOutbox } from './account-outbox.ts';
import { Accounts } from './accounts.ts';
import { createFolderSender } from './adapters/folder-sender.ts';
import { createPgDatabase } from './adapters/pg-database.ts';
import { openPglite } from './adapters/pglite-database.ts';
import { createSmtpMailSender } from './adapters/smtp-mail-sender.ts';
import { createTwilioSmsSender } from './adapters/twilio-sms-sender.ts';
import { AddressChanges } from './address-changes.ts';
import { sealOpenAddresses } from './address-sealing.ts';
import { Addresses } from './addresses.ts';
import { Audit } from './audit.ts';
import { forgetAudit } from './audit-retention.ts';
import { Blocks } from './blocks.ts';
import { Codes } from './codes.ts';
import type { AuthConfig } from './config.ts';
import { Contacts } from './contacts.ts';
import { DataKeys } from './data-keys.ts';
import { databaseTls } from './database-tls.ts';
import { Factors } from './factors.ts';
import { factorsRpc } from './factors-rpc.ts';
import { keepHouse } from './housekeeping.ts';
import { type Rotation, rotateKeys } from './key-rotation.ts';
import { AccessTokens } from './keys.ts';
import { createLimits } from './limits.ts';
import { Delivery } from './mail-delivery.ts';
import { MailOutbox } from './mail-outbox.ts';
import { smtpSettings, twilioSettings } from './mail-settings.ts';
import { MfaLogins } from './mfa-logins.ts';
import { migrate } from './migrations.ts';
import { Notices } from './notices.ts';
import { Passkeys } from './passkeys.ts';
import { PasswordChanges } from './password-changes.ts';
import { PasswordStrength } from './password-strength.ts';
import { Passwords } from './passwords.ts';
import { peopleRpc } from './people-rpc.ts';
import { PersonKeys } from './person-keys.ts';
import type { Database, MailSender, SmsSender } from './ports.ts';
import { PrivacySettings } from './privacy.ts';
import { Proofs } from './proofs.ts';
import { Relations } from './relations.ts';
import { Consents, Reports } from './reports.ts';
import { authRpc } from './rpc.ts';
import { loadSecret } from './secrets.ts';
import { Sessions } from './sessions.ts';
import { SsoFlows } from './sso/flows.ts';
import { parseSso } from './sso/settings.ts';
import { ssoRpc } from './sso/sso-rpc.ts';
import { Totp } from './totp.ts';

export interface AuthParts {
  readonly config: AuthConfig;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dataDir: string;
}

/** A server that is away when auth starts is waited for; each failure that is not the server's is told. */
const RETRY = { baseMs: 200, maxMs: 5000 };

export function createAuth({ config, log, logger, clock, ids, dataDir }: AuthParts): Service & {
  readonly auth: AuthService;
  readonly factors: FactorsService;
  readonly people: PeopleService;
  readonly sso: SsoService;
} {
  const redis = redisOf(config, logger);
  let database: Database | undefined;
  let outbox: AccountOutbox | undefined;
  let mails: MailOutbox | undefined;
  let rpc: AuthService | undefined;
  let factorsCalls: FactorsService | undefined;
  let people: PeopleService | undefined;
  let ssoCalls: SsoService | undefined;
  const strength = new PasswordStrength(config.CLATTER_AUTH_PASSWORD_SCORE_MIN, config.CLATTER_AUTH_HASHES_WAITING_MAX);
  const senders = createSenders(config, { dir: join(dataDir, 'auth', 'mails'), clock, logger });
  let endHousekeeping = (): void => undefined;
  const stopping = new AbortController();
  let starting: Promise<void> = Promise.resolve();

  const wire = async (opened: Database): Promise<void> => {
    await migrate(opened);
    const secrets = secretsOf(config, dataDir);
    const [secret] = secrets;
    const tokens = await AccessTokens.load({ database: opened, secrets, config, clock, ids });
    const keys = await DataKeys.load({ database: opened, secrets, clock, ids });
    const addresses = new Addresses(keys);
    const audit = new Audit(new PersonKeys(keys), clock);
    await sealOpenAddresses(opened, addresses);
    const passwords = await Passwords.create(config);
    outbox = new AccountOutbox(opened, log.producer(), clock, logger);
    const accounts = new Accounts({ database: opened, addresses, passwords, strength, outbox, audit, clock, ids });
    const limits = createLimits(config, redis);
    const codes = new Codes(secret, clock, ids);
    const byLogin = (login: string) => accounts.byLogin(login);
    const voice = { appName: config.CLATTER_AUTH_APP_NAME, linkUrl: config.CLATTER_AUTH_LINK_URL.replace(/\/$/, '') };
    const delivery = new Delivery({ database: opened, addresses, codes, limits, ...senders, voice, byLogin });
    const isShared = config.CLATTER_AUTH_DATABASE_URL !== '';
    const sent = new MailOutbox({ database: opened, keys, delivery, clock, logger, isShared });
    mails = sent;
    const notices = new Notices(addresses, sent);
    const issuing = { tokens, addresses, notices, secret };
    const sessions = new Sessions({ database: opened, outbox, audit, ...issuing, config, clock, ids });
    const relations = new Relations(opened);
    const parts = { database: opened, outbox, clock, ids };
    people = peopleRpc({
      accounts,
      relations,
      privacy: new PrivacySettings(parts),
      blocks: new Blocks(parts),
      contacts: new Contacts(parts),
      reports: new Reports(parts),
      consents: new Consents(parts),
    });
    const totp = new Totp({ database: opened, keys, clock, issuer: config.CLATTER_AUTH_TOTP_ISSUER });
    const mfaLogins = new MfaLogins(opened, clock);
    const proofs = new Proofs(clock, config);
    const passkeys = new Passkeys({ database: opened, clock, ids, config });
    const factors = new Factors({ queries: opened, passwords, totp, passkeys, limits });
    const shared = { database: opened, accounts, sessions, factors, mfaLogins, proofs };
    const flows = new SsoFlows({
      database: opened,
      keys,
      clock,
      redirectUri: (provider) => new URL(`/v1/sso/${provider}/callback`, config.CLATTER_AUTH_SSO_BASE_URL).toString(),
    });
    const settings = parseSso(config.CLATTER_AUTH_SSO) ?? {};
    ssoCalls = ssoRpc({ ...shared, limits, flows, clock, config, settings });
    factorsCalls = factorsRpc({ ...shared, totp, passkeys, limits, notices, audit });
    const changes = { ...shared, addresses, codes, limits, mails: sent, clock };
    const addressChanges = new AddressChanges(changes);
    const passwordChanges = new PasswordChanges({ ...changes, notices, passwords, strength, outbox, ids });
    rpc = authRpc({ ...shared, audit, relations, passwords, limits, tokens, secret, addressChanges, passwordChanges });
    if (isShared) outbox.watch();
    else void outbox.drain();
    void mails.drain();
    const jobs = {
      'rotation of the signing keys': () => tokens.rotate(),
      'forgetting of sessions and the audit log': async () => {
        await sessions.forget();
        await mfaLogins.forget();
        await passkeys.forget();
        await forgetAudit(opened, audit, config.CLATTER_AUTH_AUDIT_DAYS, clock);
        await flows.forget();
      },
      'forgetting of codes': () => codes.forget(opened),
      'forgetting of mails': () => sent.forget(),
      // Where several processes run, one of an older version may have written some.
      ...(isShared && {
        'sealing of addresses': async () => void (await sealOpenAddresses(opened, addresses)),
      }),
    };
    endHousekeeping = keepHouse({ clock, logger, jobs });
  };

  const wireWhenBack = async (opened: Database): Promise<void> => {
    for (let tries = 0; !stopping.signal.aborted; tries++) {
      await sleep(clock, backoff(tries, RETRY), stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await wire(opened);
        return;
      } catch (error) {
        // That the database is away was told when it went.
        if (!isAway(error)) logger.error({ err: error }, 'auth cannot start; it is tried again');
      }
    }
  };

  return {
    name: 'auth',
    /** Refuses with UNAVAILABLE until the service has started. */
    get auth() {
      if (!rpc) throw new ClatterError('UNAVAILABLE', 'auth has not started');
      return rpc;
    },
    get factors() {
      if (!factorsCalls) throw new ClatterError('UNAVAILABLE', 'auth has not started');
      return factorsCalls;
    },
    /** The same. */
    get people() {
      if (!people) throw new ClatterError('UNAVAILABLE', 'auth has not started');
      return people;
    },
    get sso() {
      if (!ssoCalls) throw new ClatterError('UNAVAILABLE', 'auth has not started');
      return ssoCalls;
    },
    async start() {
      database = await openDatabase(config, dataDir, { clock, logger });
      await redis?.open();
      try {
        await wire(database);
      } catch (error) {
        if (config.CLATTER_AUTH_DATABASE_URL !== '' && isAway(error)) {
          starting = wireWhenBack(database);
          return;
        }
        await redis?.close();
        await database.close();
        throw error;
      }
    },
    async stop() {
      stopping.abort();
      await starting;
      endHousekeeping();
      outbox?.close();
      await mails?.close();
      await senders.mail.close();
      await strength.close();
      await database?.close();
      await redis?.close();
    },
    ready() {
      const { ok, reason } = database?.health() ?? { ok: false, reason: 'auth has not started' };
      if (!ok) return { ok, reasons: [reason] };
      return rpc ? { ok: true, reasons: [] } : { ok: false, reasons: ['auth has not started'] };
    },
  };
}

/** How mails and text messages leave. Throws a ConfigError. */
function createSenders(
  config: AuthConfig,
  parts: { dir: string; clock: Clock; logger: Logger },
): { readonly mail: MailSender; readonly sms: SmsSender } {
  const smtp = smtpSettings(config, parts.logger);
  const twilio = twilioSettings(config);
  const files = createFolderSender({ ...parts, from: config.CLATTER_AUTH_MAIL_FROM });
  return {
    mail: smtp ? createSmtpMailSender(smtp) : files.mail,
    sms: twilio ? createTwilioSmsSender(twilio) : files.sms,
  };
}

const isAway = (error: unknown): boolean => error instanceof ClatterError && error.code === 'UNAVAILABLE';

async function openDatabase(
  config: AuthConfig,
  dataDir: string,
  parts: { clock: Clock; logger: Logger },
): Promise<Database> {
  const url = config.CLATTER_AUTH_DATABASE_URL;
  if (url === '') return openPglite(join(dataDir, 'auth', 'database'), parts);
  if (config.CLATTER_AUTH_KEY_SECRET === undefined)
    throw new StartError(
      'CLATTER_AUTH_KEY_SECRET: want the same 32 characters or more on all processes that share CLATTER_AUTH_DATABASE_URL, got nothing',
    );
  return createPgDatabase({
    ...parts,
    url,
    poolMax: config.CLATTER_AUTH_DATABASE_POOL_MAX,
    statementMs: config.CLATTER_AUTH_DATABASE_STATEMENT_MS,
    tls: databaseTls(config, parts.logger),
  });
}

/** What `clatter keys rotate` does. The platform may run meanwhile where the database is a server. */
export async function rotateAuthKeys({
  config,
  logger,
  clock,
  ids,
  dataDir,
}: Omit<AuthParts, 'log'>): Promise<Rotation> {
  const database = await openDatabase(config, dataDir, { clock, logger });
  try {
    await migrate(database);
    const secrets = secretsOf(config, dataDir);
    return await rotateKeys(database, await DataKeys.load({ database, secrets, clock, ids }), secrets);
  } finally {
    await database.close();
  }
}

/** The one that seals, then the one before it. */
function secretsOf(config: AuthConfig, dataDir: string): readonly [Buffer, ...Buffer[]] {
  const secret = loadSecret(config.CLATTER_AUTH_KEY_SECRET, join(dataDir, 'auth', 'key.secret'));
  const before = config.CLATTER_AUTH_KEY_SECRET_OLD;
  return before === undefined ? [secret] : [secret, Buffer.from(before)];
}
