/** What goes wrong over HTTP, as RFC 9457 has it. */
import { connect } from 'node:net';
import { ClatterError } from '@clatter/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fits, HttpNet } from '../test/http-net.ts';
import { idOf } from '../test/test-gateway.ts';
import * as answers from './answers.ts';

let net: HttpNet;
beforeAll(async () => {
  net = await HttpNet.start();
});
afterAll(() => net?.end());

describe('problems', () => {
  test('say nothing of the inside of a platform whose part is away', async () => {
    const { getConversation } = net.platform.messages.service;
    net.platform.messages.service.getConversation = () =>
      Promise.reject(
        new ClatterError('UNAVAILABLE', '/clatter.messages.v1.MessagesService: ECONNREFUSED 10.0.0.7:9443'),
      );
    const answer = await net.asAlice('GET', `/v1/conversations/${idOf(77)}`);
    net.platform.messages.service.getConversation = getConversation;
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '1']);
    expect(JSON.stringify(answer.body)).not.toMatch(/10\.0\.0\.7|ECONN|MessagesService/);
  });

  test('have type, title, status, code, detail and instance', async () => {
    const answer = await net.platform.http('GET', '/v1/me');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    fits(answers.problem, answer.body);
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      title: 'UNAUTHENTICATED',
      status: 401,
      code: 'UNAUTHENTICATED',
      instance: expect.stringMatching(/^urn:request:/),
    });
  });

  test('tell an expired token from a bad one', async () => {
    const expired = await net.platform.http('GET', '/v1/me', undefined, await net.platform.sign(net.alice, -5));
    expect([expired.status, expired.body.code]).toEqual([401, 'TOKEN_EXPIRED']);
    for (const authorization of ['Bearer x', 'Bearer', 'Basic YTpi', `Bearer${net.alice.token}`]) {
      const bad = await net.platform.http('GET', '/v1/me', undefined, undefined, { authorization });
      expect([bad.status, bad.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
  });

  test.each([
    ['an unknown path', 'GET', '/v1/nothing', undefined, 404, 'NOT_FOUND'],
    ['an unknown method', 'PUT', '/v1/me', { a: 1 }, 404, 'NOT_FOUND'],
    ['a path that is none', 'GET', '/v1/%E0%A4%A', undefined, 400, 'INVALID'],
    ['no JSON', 'POST', '/v1/sessions', '{x', 400, 'INVALID'],
    ['no object', 'POST', '/v1/sessions', '5', 400, 'INVALID'],
    ['nothing', 'POST', '/v1/sessions', undefined, 400, 'INVALID'],
    ['a poisoned object', 'POST', '/v1/sessions', '{"__proto__":{"login":"a"}}', 400, 'INVALID'],
    ['a wrong field', 'POST', '/v1/sessions', { login: 5, password: 'x' }, 400, 'INVALID'],
    ['a wrong limit', 'GET', '/v1/users?limit=101', undefined, 400, 'INVALID'],
    ['a body of a megabyte', 'POST', '/v1/sessions', { login: 'x'.repeat(1 << 20), password: 'x' }, 413, 'TOO_LARGE'],
    ['wrong credentials', 'POST', '/v1/sessions', { login: 'alice', password: 'x' }, 401, 'UNAUTHENTICATED'],
    ['a plain request for the socket', 'GET', '/v1/ws', undefined, 400, 'INVALID'],
  ])('of %s', async (_, method, path, body, status, code) => {
    const answer = await net.platform.http(method, path, body, net.alice.token);
    expect([answer.status, answer.body.status, answer.body.code]).toEqual([status, status, code]);
    fits(answers.problem, answer.body);
  });

  test('of another content type says what is wanted', async () => {
    const answer = await net.platform.http('POST', '/v1/sessions', 'login=a', undefined, {
      'content-type': 'text/plain',
    });
    expect([answer.status, answer.body.detail]).toEqual([400, 'content-type: want application/json']);
  });

  test('say when to try again', async () => {
    const answer = await net.platform.http('POST', '/v1/sessions', { login: 'busy', password: 'x' });
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([429, 'RATE_LIMITED', '62']);
  });

  test('of a bug show nothing of it', async () => {
    const answer = await net.platform.http('POST', '/v1/sessions', { login: 'broken', password: 'x' });
    expect([answer.status, answer.body.code]).toEqual([500, 'INTERNAL']);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  test.each([
    ['GARBAGE\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 413],
  ])('of what is no HTTP: %#', async (bytes, status) => {
    const socket = connect(net.platform.gateway.port, '127.0.0.1', () => socket.write(bytes));
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json.*"status":${status}`, 's'));
    socket.destroy();
  });
});
