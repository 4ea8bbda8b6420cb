/** Delivery to gateways in other processes: over gRPC, with streams that break and gateways that come and go. */
import { DeliveryService } from '@clatter/contracts/gateway';
import type { Connection, PresenceService } from '@clatter/contracts/presence';
import { createLogger, systemClock } from '@clatter/runtime';
import {
  type GrpcOptions,
  type GrpcServer,
  grpcConfig,
  loadGrpcOptions,
  PeerDirectory,
  serve,
  serveGrpc,
} from '@clatter/runtime/grpc';
import { ServerFrame } from '@clatter/wire';
import { afterEach, expect, test } from 'vitest';
import { Delivery } from './delivery.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const grpc: GrpcOptions = { ...loadGrpcOptions(grpcConfig.parse({})), deadlineMs: 30_000 };
const uncounted = { add: () => undefined };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Lease {
  readonly gatewayId: string;
  readonly address: string;
}

/** A gateway that notes what it takes. */
class NotingGateway {
  readonly id: string;
  readonly seqs: number[] = [];
  readonly numbers: number[] = [];
  resyncs = 0;
  lost = 0;
  /** Takes nothing before it resolves. */
  gate: Promise<void> = Promise.resolve();
  waiting = 0;
  #server: GrpcServer | undefined;

  constructor(id: string) {
    this.id = id;
  }

  async start(): Promise<Lease> {
    const calls: DeliveryService = {
      deliver: async ({ number = 0, deliveries = [], resyncAll = false, gatewayId }) => {
        this.waiting++;
        await this.gate;
        if (gatewayId !== this.id) return { number, gone: true };
        this.numbers.push(number);
        for (const { proto } of deliveries) this.seqs.push(ServerFrame.decode(proto as Uint8Array).event?.seq ?? 0);
        if (resyncAll) this.resyncs++;
        return { number };
      },
    };
    const onLost = (): void => {
      this.lost++;
    };
    const server = await serveGrpc({
      ...grpc,
      host: '127.0.0.1',
      port: 0,
      portSetting: 'CLATTER_GATEWAY_GRPC_PORT',
      services: [serve(DeliveryService, () => calls, onLost)],
      ready: () => ({ ok: true, reasons: [] }),
      logger,
    });
    this.#server = server;
    closers.push(() => server.close());
    return { gatewayId: this.id, address: `127.0.0.1:${server.port}` };
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }
}

/** What presence knows, and messages processes that ask it. */
class Presence {
  leases: Lease[] = [];
  connections: Partial<Connection>[] = [];

  messages() {
    const gateways = new PeerDirectory({
      descriptor: DeliveryService,
      grpc,
      list: async () => this.leases.map(({ gatewayId, address }) => ({ id: gatewayId, address })),
      clock: systemClock,
      logger,
    });
    gateways.start();
    const delivery = new Delivery({
      presence: { locate: async () => ({ connections: this.connections }) } as unknown as PresenceService,
      gateways,
      clock: systemClock,
      random: Math.random,
      logger,
      defer: (run) => void setImmediate(run),
      queueBytesMax: 1 << 20,
      onMembers: () => undefined,
      counters: { locates: uncounted, deliveries: uncounted, frames: uncounted },
    });
    closers.push(() => {
      delivery.close();
      gateways.close();
    });
    const tell = (seq: number): Promise<void> =>
      delivery.deliver([{ frame: ServerFrame.create({ event: { seq } as never }), userIds: ['bob'] }]);
    return { delivery, gateways, tell };
  }
}

const bobAt = (gatewayId: string): Partial<Connection> => ({
  userId: 'bob',
  gatewayId,
  connection: 1,
  encoding: 'proto',
});

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('frames of two messages processes arrive in the order of each, whose batches are numbered each by itself', async () => {
  const gateway = new NotingGateway('g1');
  const presence = new Presence();
  presence.leases = [await gateway.start()];
  presence.connections = [bobAt('g1')];
  const [one, two] = [presence.messages(), presence.messages()];
  await Promise.all(Array.from({ length: 300 }, (_, i) => [one.tell(i + 1), two.tell(1001 + i)]).flat());
  expect(gateway.seqs.filter((seq) => seq <= 1000)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  expect(gateway.seqs.filter((seq) => seq > 1000)).toEqual(Array.from({ length: 300 }, (_, i) => 1001 + i));
  expect(gateway.numbers.filter((number) => number === 1)).toHaveLength(2);
  expect(gateway.resyncs).toBe(0);
});

test('a gateway that no list had yet gets its frames', async () => {
  const presence = new Presence();
  const { gateways, tell } = presence.messages();
  await gateways.refresh();
  const gateway = new NotingGateway('new');
  presence.leases = [await gateway.start()];
  presence.connections = [bobAt('new')];
  await tell(7);
  expect(gateway.seqs).toEqual([7]);
});

test('a stream that breaks ends in a ResyncAll, and whoever waits for its frames waits for that', async () => {
  const gateway = new NotingGateway('g1');
  const presence = new Presence();
  presence.leases = [await gateway.start()];
  presence.connections = [bobAt('g1')];
  const { tell } = presence.messages();
  await tell(1);

  gateway.gate = new Promise(() => undefined);
  let taken = false;
  const told = tell(2).then(() => {
    taken = true;
  });
  await until(() => gateway.waiting === 2);
  const waiting = tell(3);
  await gateway.stop();
  expect(gateway.lost).toBe(1);
  expect(taken).toBe(false);

  gateway.gate = Promise.resolve();
  presence.leases = [await gateway.start()];
  await Promise.all([told, waiting]);
  expect(gateway.seqs).toEqual([1]);
  expect(gateway.resyncs).toBe(1);
  await tell(4);
  expect(gateway.seqs).toEqual([1, 4]);
});

test('a gateway whose lease is gone holds nobody up', async () => {
  const gateway = new NotingGateway('dead');
  const presence = new Presence();
  presence.leases = [await gateway.start()];
  presence.connections = [bobAt('dead')];
  gateway.gate = new Promise(() => undefined);
  const { delivery, tell } = presence.messages();
  const told = tell(1);
  await until(() => gateway.waiting === 1);
  presence.leases = [];
  await told;
  // The registry may name it a little longer: its frames go nowhere, and nobody waits.
  await tell(2);
  expect(gateway.seqs).toEqual([]);
  // Gateways come and go for years, each run of one by another name: nothing is kept of those that are gone.
  for (let run = 0; run < 20; run++) {
    presence.connections = [bobAt(`gone-${run}`)];
    await tell(3);
  }
  expect(delivery.queues).toBe(0);
});

test('more than a gateway can hold is dropped for a ResyncAll', async () => {
  const gateway = new NotingGateway('slow');
  const presence = new Presence();
  presence.leases = [await gateway.start()];
  presence.connections = [bobAt('slow')];
  let open = (): void => undefined;
  gateway.gate = new Promise((resolve) => {
    open = resolve;
  });
  const { delivery } = presence.messages();
  const large = (seq: number) => ({
    frame: ServerFrame.create({
      event: { seq, message: { content: { text: { body: 'x'.repeat(100_000) } } } } as never,
    }),
    userIds: ['bob'],
  });
  const told = Promise.all(Array.from({ length: 30 }, (_, i) => delivery.deliver([large(i)])));
  await until(() => gateway.waiting === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  open();
  await told;
  expect(gateway.resyncs).toBeGreaterThan(0);
  expect(gateway.seqs.length).toBeLessThan(30);
});

test('another gateway at the address of one that is gone is not taken for it, and nobody waits for that one', async () => {
  const gateway = new NotingGateway('g2');
  const presence = new Presence();
  const lease = await gateway.start();
  // The lease of the one before has not run out.
  presence.leases = [{ ...lease, gatewayId: 'g1' }, lease];
  presence.connections = [bobAt('g1')];
  const { tell } = presence.messages();
  for (const seq of [1, 2, 3]) await tell(seq);
  presence.connections = [bobAt('g1'), bobAt('g2')];
  await tell(4);
  expect(gateway.seqs).toEqual([4]);
  expect([gateway.resyncs, gateway.lost]).toEqual([0, 0]);
});
