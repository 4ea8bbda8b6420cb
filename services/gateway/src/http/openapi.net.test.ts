/** What other programs read of a gateway. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpNet } from '../test/http-net.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('what other programs read', () => {
  test('the OpenAPI document has every call of this server, with its answer', async () => {
    const { status, body } = await net.platform.http('GET', '/v1/openapi.json');
    expect(status).toBe(200);
    const calls = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(calls.sort()).toEqual(
      [
        'DELETE /v1/conversations/{id}/bans/{userId}',
        'DELETE /v1/conversations/{id}/draft',
        'DELETE /v1/conversations/{id}/invites/{token}',
        'DELETE /v1/conversations/{id}/members/{userId}',
        'DELETE /v1/conversations/{id}/messages/{seq}',
        'DELETE /v1/conversations/{id}/pins/{seq}',
        'DELETE /v1/me',
        'DELETE /v1/me/blocks/{userId}',
        'DELETE /v1/me/contacts/{userId}',
        'DELETE /v1/me/identities/{provider}',
        'DELETE /v1/me/mfa/totp',
        'DELETE /v1/me/passkeys/{id}',
        'DELETE /v1/me/{kind}',
        'DELETE /v1/scheduled/{messageId}',
        'DELETE /v1/sessions',
        'DELETE /v1/sessions/{id}',
        'GET /v1/conversations',
        'GET /v1/conversations/{id}',
        'GET /v1/conversations/{id}/bans',
        'GET /v1/conversations/{id}/events',
        'GET /v1/conversations/{id}/events/{seq}/reactions',
        'GET /v1/conversations/{id}/events/{seq}/receipts',
        'GET /v1/conversations/{id}/flags',
        'GET /v1/conversations/{id}/invites',
        'GET /v1/conversations/{id}/members',
        'GET /v1/conversations/{id}/pins',
        'GET /v1/conversations/{id}/polls/{seq}/votes',
        'GET /v1/invites/{token}',
        'GET /v1/me',
        'GET /v1/me/addresses',
        'GET /v1/me/audit',
        'GET /v1/me/blocks',
        'GET /v1/me/consents',
        'GET /v1/me/contacts',
        'GET /v1/me/identities',
        'GET /v1/me/mfa',
        'GET /v1/me/passkeys',
        'GET /v1/me/privacy',
        'GET /v1/scheduled',
        'GET /v1/sessions',
        'GET /v1/sso',
        'GET /v1/sso/{provider}/callback',
        'GET /v1/sso/{provider}/start',
        'GET /v1/users',
        'GET /v1/users/{id}',
        'PATCH /v1/conversations/{id}',
        'PATCH /v1/conversations/{id}/flags',
        'PATCH /v1/conversations/{id}/members/{userId}',
        'PATCH /v1/me',
        'PATCH /v1/me/passkeys/{id}',
        'PATCH /v1/me/privacy',
        'PATCH /v1/scheduled/{messageId}',
        'PATCH /v1/sessions/{id}',
        'POST /v1/accounts',
        'POST /v1/conversations',
        'POST /v1/conversations/{id}/bans',
        'POST /v1/conversations/{id}/invites',
        'POST /v1/conversations/{id}/members',
        'POST /v1/conversations/{id}/messages',
        'POST /v1/conversations/{id}/polls/{seq}/close',
        'POST /v1/invites/{token}/join',
        'POST /v1/me/consents',
        'POST /v1/me/email',
        'POST /v1/me/identities',
        'POST /v1/me/identities/{provider}/start',
        'POST /v1/me/mfa/recovery-codes',
        'POST /v1/me/mfa/totp',
        'POST /v1/me/mfa/totp/confirm',
        'POST /v1/me/passkeys',
        'POST /v1/me/passkeys/options',
        'POST /v1/me/password',
        'POST /v1/me/phone',
        'POST /v1/me/reauthenticate',
        'POST /v1/me/reauthenticate/options',
        'POST /v1/me/{kind}/code',
        'POST /v1/me/{kind}/verify',
        'POST /v1/password-resets',
        'POST /v1/password-resets/confirm',
        'POST /v1/reports',
        'POST /v1/sessions',
        'POST /v1/sessions/mfa',
        'POST /v1/sessions/passkey',
        'POST /v1/sessions/passkey/options',
        'POST /v1/sessions/refresh',
        'POST /v1/sso/session',
        'PUT /v1/conversations/{id}/draft',
        'PUT /v1/conversations/{id}/pins/{seq}',
        'PUT /v1/conversations/{id}/polls/{seq}/vote',
        'PUT /v1/me/blocks/{userId}',
        'PUT /v1/me/contacts/{userId}',
      ].sort(),
    );
    const register = body.paths['/v1/accounts'].post;
    expect(register.requestBody.content['application/json'].schema.required).toEqual(['password']);
    expect(Object.keys(register.responses)).toEqual(['201', 'default']);
    expect(body.paths['/v1/me'].get.security).toEqual([{ bearer: [] }]);
    expect(JSON.stringify(body)).not.toContain('"$schema"');
  });

  test('the public keys', async () => {
    const { body, headers } = await net.platform.http('GET', '/.well-known/jwks.json');
    expect(body.keys).toMatchObject([{ kty: 'OKP', alg: 'EdDSA', kid: expect.any(String) }]);
    expect(JSON.stringify(body)).not.toContain('"d"');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });
});
