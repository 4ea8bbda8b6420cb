/**
 * One place where people log in: OpenID Connect (discovery, PKCE, nonce, the ID token verified) or OAuth 2 (PKCE, and a profile that is asked
 * for with the access token, which nobody else ever sees).
 */
import { ClatterError } from '@clatter/wire';
import * as openid from 'openid-client';
import { isLoopback, type OAuth2Settings, type OidcSettings } from './settings.ts';

/** Discovery is read again after so long. */
const DISCOVERED_MS = 3_600_000;
const TIMEOUT_SECONDS = 10;
const SUBJECT_MAX = 255;

/** What a login is tied to, from its begin to its end. */
export interface Ties {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Who logged in, in the words of the other side. */
export interface Subject {
  readonly subject: string;
  readonly name: string;
}

export class Provider {
  readonly #settings: OidcSettings | OAuth2Settings;
  #configuration: { readonly made: Promise<openid.Configuration>; readonly untilMs: number } | undefined;

  constructor(settings: OidcSettings | OAuth2Settings) {
    this.#settings = settings;
  }

  async authorizeUrl(ties: Ties, nowMs: number): Promise<string> {
    const isOidc = 'issuer' in this.#settings;
    const configuration = await this.#configured(nowMs);
    const url = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: ties.redirectUri,
      response_type: 'code',
      ...(this.#settings.scope !== '' && { scope: this.#settings.scope }),
      state: ties.state,
      code_challenge: await openid.calculatePKCECodeChallenge(ties.verifier),
      code_challenge_method: 'S256',
      ...(isOidc && { nonce: ties.nonce }),
    });
    return url.toString();
  }

  /** Throws UNAUTHENTICATED where the answer is not one to this login, UNAVAILABLE where the other side cannot be asked. */
  async finish(ties: Ties, query: string, nowMs: number): Promise<Subject> {
    const configuration = await this.#configured(nowMs);
    const url = new URL(ties.redirectUri);
    url.search = query;
    return this.#ask(async () => {
      const isOidc = 'issuer' in this.#settings;
      const tokens = await openid.authorizationCodeGrant(configuration, url, {
        expectedState: ties.state,
        pkceCodeVerifier: ties.verifier,
        ...(isOidc && { expectedNonce: ties.nonce, idTokenExpected: true }),
      });
      const claims = tokens.claims();
      if (isOidc) return subjectOf(claims?.sub, claims?.name);
      return this.#profile(configuration, tokens.access_token);
    });
  }

  async #profile(configuration: openid.Configuration, accessToken: string): Promise<Subject> {
    const { profileUrl, idField, nameField } = this.#settings as OAuth2Settings;
    const response = await openid.fetchProtectedResource(configuration, accessToken, new URL(profileUrl), 'GET');
    const profile = (await response.json()) as Record<string, unknown>;
    return subjectOf(profile[idField], profile[nameField]);
  }

  async #configured(nowMs: number): Promise<openid.Configuration> {
    if (!this.#configuration || this.#configuration.untilMs < nowMs)
      this.#configuration = { made: this.#ask(() => this.#configure()), untilMs: nowMs + DISCOVERED_MS };
    const { made } = this.#configuration;
    return made.catch((error: unknown) => {
      if (this.#configuration?.made === made) this.#configuration = undefined;
      throw error;
    });
  }

  async #configure(): Promise<openid.Configuration> {
    const settings = this.#settings;
    const { clientId, clientSecret } = settings;
    const proof = clientSecret === undefined ? openid.None() : openid.ClientSecretPost(clientSecret);
    if ('issuer' in settings) {
      const issuer = new URL(settings.issuer);
      const execute = isLoopback(issuer) ? [openid.allowInsecureRequests] : [];
      return openid.discovery(issuer, clientId, {}, proof, { execute, timeout: TIMEOUT_SECONDS });
    }
    const authorization = new URL(settings.authorizationUrl);
    const server = {
      issuer: authorization.origin,
      authorization_endpoint: settings.authorizationUrl,
      token_endpoint: settings.tokenUrl,
    };
    const configuration = new openid.Configuration(server, clientId, {}, proof);
    configuration.timeout = TIMEOUT_SECONDS;
    if (isLoopback(authorization)) openid.allowInsecureRequests(configuration);
    return configuration;
  }

  /** What the library throws, in our terms. */
  async #ask<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof ClatterError) throw error;
      const away = error instanceof TypeError || (error as { code?: string }).code === 'OAUTH_TIMEOUT';
      throw away
        ? new ClatterError('UNAVAILABLE', 'the provider cannot be asked', { cause: error })
        : new ClatterError('UNAUTHENTICATED', 'the provider did not vouch for this login', { cause: error });
    }
  }
}

function subjectOf(id: unknown, name: unknown): Subject {
  const subject = typeof id === 'number' ? String(id) : id;
  if (typeof subject !== 'string' || subject === '' || subject.length > SUBJECT_MAX || subject.includes('\0'))
    throw new ClatterError('UNAUTHENTICATED', 'the provider did not say who it is');
  return { subject, name: typeof name === 'string' ? name : '' };
}
