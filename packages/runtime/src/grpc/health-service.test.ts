import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Health } from '../service.ts';
import { healthDefinition } from './health-service.ts';
import { Echo, EchoNet, until } from './testing.ts';

/** As the standard has it: HealthCheckRequest{service = 1}, HealthCheckResponse{status = 1}. */
const requestOf = (service: string): Buffer => Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]);

let net: EchoNet;
let client: grpc.Client;
let ready: Health;

beforeEach(async () => {
  net = new EchoNet();
  ready = { ok: false, reasons: ['it starts'] };
  const { port } = await net.serve({}, {}, 0, () => ready);
  client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await net[Symbol.asyncDispose]();
});

const check = (service: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = healthDefinition.check;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, requestOf(service), (error, answer) =>
      error ? reject(error) : resolve(answer?.[1] ?? 0),
    );
  });

it('says whether the service is ready', async () => {
  expect([await check(''), await check(Echo.name)]).toEqual([2, 2]);
  ready = { ok: true, reasons: [] };
  expect([await check(''), await check(Echo.name)]).toEqual([1, 1]);
  await expect(check('clatter.other')).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
});

it('tells a watcher of changes', async () => {
  const { path, requestSerialize, responseDeserialize } = healthDefinition.watch;
  const told: number[] = [];
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, requestOf(''));
  stream.on('data', (answer: Buffer) => told.push(answer[1] as number));
  stream.on('error', () => undefined);
  await until(() => told.length === 1);
  ready = { ok: true, reasons: [] };
  await until(() => told.length === 2);
  expect(told).toEqual([2, 1]);
  stream.cancel();
});
