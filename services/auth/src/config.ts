/** Settings of auth. */
import { redisConfig } from '@clatter/runtime/redis';
import { z } from 'zod';
import { parseSso } from './sso/settings.ts';

const count = (fallback: number, min = 1, max = 1_000_000_000) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) return false;
  return ![...url.searchParams.keys()].some((name) => name.startsWith('ssl'));
}

export const authConfig = z.object({
  ...redisConfig.shape,
  CLATTER_AUTH_ISSUER: z.string().min(1).default('clatter').describe('`iss` of access tokens'),
  CLATTER_AUTH_AUDIENCE: z.string().min(1).default('clatter').describe('`aud` of access tokens'),
  // Gateways read what ended from 15 minutes back, and remember it for 20: no token may live longer.
  CLATTER_AUTH_ACCESS_TOKEN_SECONDS: count(600, 5, 900).describe('Life of an access token, 900 at most'),
  CLATTER_AUTH_SESSION_DAYS: count(60, 1, 3650).describe('A session that was not used for so long ends'),
  CLATTER_AUTH_PASSWORD_SCORE_MIN: count(3, 0, 4).describe(
    'How hard to guess a password has to be, by zxcvbn: 1 is 10³ guesses, 2 is 10⁶, 3 is 10⁸, 4 is 10¹⁰; 0: any of 8 characters will do',
  ),
  CLATTER_AUTH_PASSKEY_ORIGINS: z
    .string()
    .default('http://localhost:8080')
    .refine((text) => text.split(',').every((origin) => URL.parse(origin.trim())?.origin === origin.trim()), {
      message: 'want origins such as https://chat.example, with commas between',
    })
    .describe('Origins, with commas between, whose pages may make and show passkeys'),
  CLATTER_AUTH_PASSKEY_RP_ID: z
    .string()
    .default('')
    .describe('Domain that passkeys are of, for ever; empty: the host of the first of those origins'),
  CLATTER_AUTH_CHALLENGES_PER_ADDRESS: count(600).describe('Logins by passkey that one address begins in a minute'),
  CLATTER_AUTH_SSO: z
    .string()
    .default('')
    .refine((text) => parseSso(text) !== undefined, 'want JSON of providers as in docs/sign-in.md')
    .describe('Where people may log in: JSON of names and providers, see docs/sign-in.md'),
  CLATTER_AUTH_SSO_BASE_URL: z
    .url()
    .default('http://localhost:8080')
    .describe('Address of this installation that browsers come back to from there, at /v1/sso/<name>/callback'),
  CLATTER_AUTH_SSO_RETURN_URLS: z
    .string()
    .default('http://localhost:8080/')
    .refine((text) => text.split(',').every((url) => URL.canParse(url.trim())), 'want addresses, with commas between')
    .describe('Addresses, of pages or apps, with commas between, that a browser may go to at the end'),
  CLATTER_AUTH_SSO_SIGN_UP: z
    .enum(['on', 'off'])
    .default('on')
    .describe('Whether whoever logs in elsewhere and has no account gets one'),
  CLATTER_AUTH_PROOF_SECONDS: count(300, 1, 86_400).describe(
    'What is dangerous (deleting the account, other factors) wants a login or a proof of the last so many seconds',
  ),
  CLATTER_AUTH_TOTP_ISSUER: z
    .string()
    .min(1)
    .max(60)
    .default('Clatter')
    .describe('Name that authenticators show beside one-time codes'),
  CLATTER_AUTH_ARGON2_MEMORY_KIB: count(19_456, 8, 4_194_304).describe('Memory of one password hash (argon2id)'),
  CLATTER_AUTH_ARGON2_PASSES: count(2, 1, 64).describe('Passes of one password hash'),
  CLATTER_AUTH_HASHES_AT_ONCE: count(2, 1, 128).describe(
    'Password hashes that run at once, a core each; more than 4 need UV_THREADPOOL_SIZE too',
  ),
  CLATTER_AUTH_HASHES_WAITING_MAX: count(200).describe(
    'Password hashes, and passwords to be judged, that may wait; past it logins and registrations get RATE_LIMITED',
  ),
  CLATTER_AUTH_FAILED_LOGINS_PER_ACCOUNT: count(10).describe(
    'Failed logins of one account within the time of a lock-out, then RATE_LIMITED; from an address that logged in lately the same again',
  ),
  CLATTER_AUTH_LOCKOUT_SECONDS: count(900, 1, 86_400).describe(
    'An account is locked for so long, twice as long the next time within two days, a day at most',
  ),
  CLATTER_AUTH_FAILED_LOGINS_PER_ADDRESS: count(100).describe('Failed logins of one address in a minute'),
  CLATTER_AUTH_REGISTRATIONS_PER_ADDRESS: count(5000).describe('Registrations of one address in a minute'),
  CLATTER_AUTH_CODES_PER_HOUR: count(5, 1, 10_000).describe(
    'Codes by mail or text message that an account may ask for in an hour, and that an address gets',
  ),
  CLATTER_AUTH_UNVERIFIED_MAY_CHAT: z
    .enum(['yes', 'no'])
    .default('yes')
    .describe('Whether people without a verified e-mail address or phone number may chat: yes or no'),
  CLATTER_AUTH_APP_NAME: z.string().min(1).max(60).default('Clatter').describe('What mails call the app'),
  CLATTER_AUTH_LINK_URL: z
    .string()
    .default('')
    .refine(
      (url) => url === '' || /^https?:\/\/[^\s?#]+$/.test(url),
      'want an http or https address such as https://chat.example',
    )
    .describe('Where the links of mails lead; without it mails have a code to type and no link'),
  CLATTER_AUTH_SMTP_URL: z
    .string()
    .default('')
    .refine((url) => url === '' || /^smtps?:$/.test(URL.parse(url)?.protocol ?? ''), {
      message: 'want smtp://user:password@host:port, or smtps:// for TLS from the first byte',
    })
    .describe(
      'Mail server, `smtp://user:password@host:587` (STARTTLS) or `smtps://…`; without it mails and text messages are files in `auth/mails` of the data folder',
    ),
  CLATTER_AUTH_SMTP_TLS: z
    .enum(['on', 'off'])
    .default('on')
    .describe('TLS to a mail server of `smtp://`: on (nothing is sent without) or off'),
  CLATTER_AUTH_SMTP_CA_FILE: z
    .string()
    .default('')
    .describe(
      "File of the certificates (PEM) that the mail server's is checked against; without it those that Node knows",
    ),
  CLATTER_AUTH_MAIL_FROM: z
    .string()
    .min(3)
    .default('Clatter <clatter@localhost>')
    .describe('Whom mails come from, `Name <address>`'),
  CLATTER_AUTH_SMS_URL: z
    .string()
    .default('')
    .refine((url) => url === '' || /^https?:\/\/[^\s?#]+$/.test(url), 'want an address such as https://api.twilio.com')
    .describe(
      "Sender of text messages that speaks Twilio's API, `https://api.twilio.com`; without it they are files too",
    ),
  CLATTER_AUTH_SMS_ACCOUNT: z.string().default('').describe('Account at that sender'),
  CLATTER_AUTH_SMS_TOKEN: z.string().default('').describe('Token of that account'),
  CLATTER_AUTH_SMS_FROM: z.string().default('').describe('Number that text messages come from'),
  CLATTER_AUTH_AUDIT_DAYS: count(400, 1, 36_500).describe('Days that rows of the audit log are kept'),
  CLATTER_AUTH_DATABASE_URL: z
    .string()
    .refine((url) => url === '' || isPostgresUrl(url), {
      message: 'want postgres://user:password@host:port/database, without ssl… (CLATTER_AUTH_DATABASE_TLS says that)',
    })
    .default('')
    .describe('PostgreSQL, `postgres://user:password@host:port/database`; without it a database in the data folder'),
  CLATTER_AUTH_DATABASE_POOL_MAX: count(10, 1, 1000).describe('Connections to PostgreSQL of one process'),
  CLATTER_AUTH_DATABASE_STATEMENT_MS: count(10_000, 100, 3_600_000).describe(
    'PostgreSQL gives up on a statement after so long',
  ),
  CLATTER_AUTH_DATABASE_TLS: z
    .enum(['off', 'on'])
    .default('off')
    .describe("TLS to PostgreSQL, with the server's name and certificate verified"),
  CLATTER_AUTH_DATABASE_CA_FILE: z
    .string()
    .default('')
    .describe("File of the certificates (PEM) that PostgreSQL's is checked against; without it those that Node knows"),
  CLATTER_AUTH_DATABASE_CERT_FILE: z
    .string()
    .default('')
    .describe('File of the certificate (PEM) that this process shows to PostgreSQL, where it wants one'),
  CLATTER_AUTH_DATABASE_KEY_FILE: z.string().default('').describe('File of its private key (PEM)'),
  CLATTER_AUTH_KEY_SECRET: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Secret that seals the signing keys and the keys of personal data, 32 characters or more; without it a file in the data folder holds one, but with PostgreSQL it is required',
    ),
  CLATTER_AUTH_KEY_SECRET_OLD: z
    .string()
    .min(32)
    .optional()
    .describe('The secret before it, while it is being replaced: what it sealed can be opened'),
});

export type AuthConfig = z.infer<typeof authConfig>;
