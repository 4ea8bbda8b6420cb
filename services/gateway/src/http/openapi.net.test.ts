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
        'POST /v1/accounts',
        'POST /v1/sessions',
        'POST /v1/sessions/refresh',
        'GET /v1/sessions',
        'DELETE /v1/sessions/{id}',
        'DELETE /v1/sessions',
        'GET /v1/me',
        'GET /v1/me/audit',
        'PATCH /v1/me',
        'DELETE /v1/me',
        'DELETE /v1/me/mfa/totp',
        'DELETE /v1/me/passkeys/{id}',
        'GET /v1/me/mfa',
        'GET /v1/me/passkeys',
        'PATCH /v1/me/passkeys/{id}',
        'PATCH /v1/sessions/{id}',
        'POST /v1/me/mfa/recovery-codes',
        'POST /v1/me/mfa/totp',
        'POST /v1/me/mfa/totp/confirm',
        'POST /v1/me/passkeys',
        'POST /v1/me/passkeys/options',
        'POST /v1/me/reauthenticate',
        'POST /v1/me/reauthenticate/options',
        'POST /v1/sessions/mfa',
        'POST /v1/sessions/passkey',
        'POST /v1/sessions/passkey/options',
        'GET /v1/me/addresses',
        'POST /v1/me/email',
        'POST /v1/me/phone',
        'POST /v1/me/{kind}/code',
        'POST /v1/me/{kind}/verify',
        'DELETE /v1/me/{kind}',
        'POST /v1/me/password',
        'POST /v1/password-resets',
        'POST /v1/password-resets/confirm',
        'GET /v1/me/privacy',
        'PATCH /v1/me/privacy',
        'GET /v1/me/blocks',
        'PUT /v1/me/blocks/{userId}',
        'DELETE /v1/me/blocks/{userId}',
        'GET /v1/me/contacts',
        'PUT /v1/me/contacts/{userId}',
        'DELETE /v1/me/contacts/{userId}',
        'POST /v1/reports',
        'GET /v1/me/consents',
        'POST /v1/me/consents',
        'GET /v1/users',
        'GET /v1/users/{id}',
        'POST /v1/conversations',
        'GET /v1/conversations',
        'GET /v1/conversations/{id}',
        'PATCH /v1/conversations/{id}',
        'GET /v1/conversations/{id}/members',
        'POST /v1/conversations/{id}/members',
        'PATCH /v1/conversations/{id}/members/{userId}',
        'DELETE /v1/conversations/{id}/members/{userId}',
        'GET /v1/conversations/{id}/invites',
        'POST /v1/conversations/{id}/invites',
        'DELETE /v1/conversations/{id}/invites/{token}',
        'GET /v1/invites/{token}',
        'POST /v1/invites/{token}/join',
        'GET /v1/conversations/{id}/bans',
        'POST /v1/conversations/{id}/bans',
        'DELETE /v1/conversations/{id}/bans/{userId}',
        'GET /v1/scheduled',
        'PATCH /v1/scheduled/{messageId}',
        'DELETE /v1/scheduled/{messageId}',
        'GET /v1/conversations/{id}/polls/{seq}/votes',
        'PUT /v1/conversations/{id}/polls/{seq}/vote',
        'POST /v1/conversations/{id}/polls/{seq}/close',
        'GET /v1/conversations/{id}/pins',
        'PUT /v1/conversations/{id}/pins/{seq}',
        'DELETE /v1/conversations/{id}/pins/{seq}',
        'GET /v1/conversations/{id}/flags',
        'PATCH /v1/conversations/{id}/flags',
        'PUT /v1/conversations/{id}/draft',
        'DELETE /v1/conversations/{id}/draft',
        'DELETE /v1/conversations/{id}/messages/{seq}',
        'GET /v1/conversations/{id}/events',
        'GET /v1/conversations/{id}/events/{seq}/receipts',
        'GET /v1/conversations/{id}/events/{seq}/reactions',
        'POST /v1/conversations/{id}/messages',
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
