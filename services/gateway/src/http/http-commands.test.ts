import { ServerFrame } from '@clatter/wire';
import { expect, test } from 'vitest';
import { GATEWAY, idOf, TestGateway } from '../test/test-gateway.ts';
import { HttpCommands } from './http-commands.ts';

const NUMBER = 50;

function setUp() {
  const gateway = new TestGateway();
  const { router, hub, clock } = gateway;
  const commands = new HttpCommands({ number: NUMBER, router, hub, gatewayId: GATEWAY, clock });
  const submit = (command: number) =>
    commands
      .submit({ conversationId: idOf(10), commandId: idOf(command), senderId: idOf(1), rename: { title: 'x' } })
      .then(
        (ack) => ack.seq,
        (error) => error.code,
      );
  const answer = (frame: Parameters<typeof ServerFrame.encode>[0]) =>
    hub.deliver({ deliveries: [{ protoConnections: [NUMBER], proto: ServerFrame.encode(frame) }] });
  return { gateway, submit, answer };
}

test('each request gets its own answer, in whatever order they come', async () => {
  const { gateway, submit, answer } = setUp();
  const answers = [submit(1), submit(2), submit(3)];
  expect(gateway.producer.commands.map(({ replyTo }) => replyTo)).toEqual(
    [1, 2, 3].map((ref) => ({ gatewayId: GATEWAY, connection: NUMBER, ref, encoding: 'proto' })),
  );
  await answer({ ref: 3, ack: { seq: 9 } });
  await answer({ ref: 1, reject: { code: 'FORBIDDEN', message: 'no' } });
  await answer({ ref: 77, ack: { seq: 1 } });
  await answer({ ref: 2, ack: { seq: 8 } });
  expect(await Promise.all(answers)).toEqual(['FORBIDDEN', 8, 9]);
  expect(gateway.clock.waiting).toBe(1);
});

test('a request whose answer does not come gives up with UNAVAILABLE', async () => {
  const { gateway, submit, answer } = setUp();
  const late = submit(1);
  await gateway.clock.advance(15_000);
  expect(await late).toBe('UNAVAILABLE');
  await answer({ ref: 1, ack: { seq: 9 } });
});

test('what the log does not take is UNAVAILABLE at once, and holds up no other request', async () => {
  const { gateway, submit, answer } = setUp();
  gateway.producer.mode = 'refuse';
  expect(await submit(1)).toBe('UNAVAILABLE');
  gateway.producer.mode = 'at once';
  const next = submit(2);
  await answer({ ref: 2, ack: { seq: 4 } });
  expect(await next).toBe(4);
});
