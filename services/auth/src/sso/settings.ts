/** Where people may log in, as the settings have it: presets, any issuer of OpenID Connect, any server of OAuth 2. */
import { z } from 'zod';

const secureUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || isLoopback(url));
}, 'want an https address');

const client = { clientId: z.string().min(1), clientSecret: z.string().min(1).optional() };
const oidc = z.strictObject({ ...client, issuer: secureUrl, scope: z.string().default('openid profile') });
const oauth2 = z.strictObject({
  ...client,
  authorizationUrl: secureUrl,
  tokenUrl: secureUrl,
  /** Answers, to the access token, with who it is. */
  profileUrl: secureUrl,
  scope: z.string().default(''),
  idField: z.string().default('id'),
  nameField: z.string().default('name'),
});
const google = z
  .strictObject({ preset: z.literal('google'), ...client })
  .transform(({ preset: _, ...rest }) => oidc.parse({ ...rest, issuer: 'https://accounts.google.com' }));
const facebook = z.strictObject({ preset: z.literal('facebook'), ...client }).transform(({ preset: _, ...rest }) =>
  oauth2.parse({
    ...rest,
    authorizationUrl: 'https://www.facebook.com/v23.0/dialog/oauth',
    tokenUrl: 'https://graph.facebook.com/v23.0/oauth/access_token',
    profileUrl: 'https://graph.facebook.com/v23.0/me?fields=id,name',
    scope: 'public_profile',
  }),
);

const providers = z.record(z.string().regex(/^[a-z0-9-]{1,30}$/), z.union([google, facebook, oidc, oauth2]));

export type OidcSettings = z.infer<typeof oidc>;
export type OAuth2Settings = z.infer<typeof oauth2>;
export type SsoSettings = Readonly<Record<string, OidcSettings | OAuth2Settings>>;

/** The JSON of the setting; undefined where it is wrong. */
export function parseSso(text: string): SsoSettings | undefined {
  if (text === '') return {};
  try {
    return providers.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Where TLS protects nothing. */
export const isLoopback = (url: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
