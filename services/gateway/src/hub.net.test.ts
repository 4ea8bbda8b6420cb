/** The hub at the end of streams of frames, as a gateway of a cluster has it. */
import { DeliveryService } from '@clatter/contracts/gateway';
import { createLogger } from '@clatter/runtime';
import { grpcClient, grpcConfig, loadGrpcOptions, serve, serveGrpc } from '@clatter/runtime/grpc';
import { encodeServerFrame } from '@clatter/wire';
import { expect, test } from 'vitest';
import { idOf, TestGateway } from './test/test-gateway.ts';

const RESYNC_SPREAD_MS = 10_000;

test('a gateway that loses a stream has its sessions sync, and one whose stream ends in good order has not', async () => {
  const gateway = new TestGateway();
  const { hub, clock } = gateway;
  const client = await gateway.live(1, 'proto');
  const grpc = loadGrpcOptions(grpcConfig.parse({}));
  let stuck = 0;
  let lost = 0;
  // Takes what has a number, and never answers the rest.
  const calls: DeliveryService = {
    deliver: (batch) => {
      if (batch.number) return hub.deliver(batch);
      stuck++;
      return new Promise(() => undefined);
    },
  };
  const onLost = (): void => {
    lost++;
    hub.resyncAll();
  };
  const server = await serveGrpc({
    ...grpc,
    host: '127.0.0.1',
    port: 0,
    portSetting: 'CLATTER_GATEWAY_GRPC_PORT',
    services: [serve(DeliveryService, () => calls, onLost)],
    ready: () => ({ ok: true, reasons: [] }),
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  const messages = () => grpcClient(DeliveryService, { ...grpc, target: `127.0.0.1:${server.port}` });
  const proto = encodeServerFrame('proto', { event: { conversationId: idOf(10), seq: 5 } }) as Uint8Array;
  const bodies = (): string[] =>
    client.socket.take().flatMap((frame) => Object.keys(frame).filter((key) => frame[key as 'event']));

  const ending = messages();
  const taken = await ending.calls.deliver({ number: 1, deliveries: [{ protoConnections: [1], proto }] });
  expect(taken.number).toBe(1);
  expect(bodies()).toEqual(['event']);
  ending.close();

  const breaking = messages();
  const failed = breaking.calls.deliver({ deliveries: [] }).catch((error) => error.code);
  while (stuck === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(lost).toBe(0);
  await clock.advance(RESYNC_SPREAD_MS);
  expect(bodies()).not.toContain('resync');
  breaking.close();
  expect(await failed).toBe('UNAVAILABLE');
  while (lost === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await clock.advance(RESYNC_SPREAD_MS);
  expect(bodies()).toContain('resync');
  await server.close();
});
