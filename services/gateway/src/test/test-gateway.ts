/** The parts of a gateway behind its sockets, on stand-ins and a clock that stands still. */
import type { MessagesService } from '@clatter/contracts/messages';
import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError, type ClientFrame, encodeClientFrame, type FrameEncoding, type Input } from '@clatter/wire';
import { CommandRouter } from '../command-router.ts';
import type { GatewayConfig } from '../config.ts';
import { Connection } from '../connection.ts';
import { Hub } from '../hub.ts';
import { OutageLog } from '../outage-log.ts';
import { RequestHandler } from '../requests.ts';
import type { Identity } from '../tokens.ts';
import { FakeSocket } from './fake-socket.ts';
import { configOf, messagesOf, noCounter, quiet, SmallPresence, SmallProducer } from './small-parts.ts';

export const GATEWAY = 'gateway-1';

/** The id of a person, a session or a conversation, by a number. */
export const idOf = (number: number): string => `0192b1a0-0000-7000-8000-${String(number).padStart(12, '0')}`;

export class TestGateway {
  readonly clock = new ManualClock();
  readonly presence = new SmallPresence();
  readonly producer = new SmallProducer();
  readonly config: GatewayConfig;
  readonly hub: Hub;
  readonly requests: RequestHandler;
  readonly router: CommandRouter;
  /** Token → who it says is there, or what is wrong with it. */
  readonly tokens = new Map<string, Identity | Error>();
  /** People whose presence nobody may see. */
  readonly hidden = new Set<string>();
  #numbers = 0;

  constructor(change: Partial<GatewayConfig> = {}, messages: Partial<MessagesService> = {}) {
    const { clock, presence, producer } = this;
    this.config = configOf(change);
    this.hub = new Hub({
      gatewayId: GATEWAY,
      presence,
      messages: messagesOf(messages),
      clock,
      people: () => ({
        getRelations: async ({ userIds = [] }) => ({
          relations: userIds.map((userId) => ({ userId, seesPresence: !this.hidden.has(userId) })),
        }),
      }),
      logger: quiet,
      random: () => 0.5,
      delivered: noCounter,
      resyncs: noCounter,
      renewMs: this.config.CLATTER_GATEWAY_RENEW_MS,
    });
    this.router = new CommandRouter({
      producer,
      clock,
      pulse: { earliestMs: clock.nowMs() },
      rules: () => this.config.CLATTER_GATEWAY_RULES_VERSION,
      inFlightMax: this.config.CLATTER_GATEWAY_IN_FLIGHT_MAX,
      commands: noCounter,
    });
    this.requests = new RequestHandler({
      router: this.router,
      messages: messagesOf(messages),
      presence,
      hub: this.hub,
      clock,
    });
  }

  /** A token of a person: user `number`, session `number + 100`. */
  token(number: number, change: Partial<Identity> = {}): string {
    const token = `token-${this.tokens.size}`;
    this.tokens.set(token, {
      userId: idOf(number),
      sessionId: idOf(number + 100),
      issuedAtMs: this.clock.nowMs(),
      expiresAtMs: this.clock.nowMs() + 600_000,
      mayChat: true,
      ...change,
    });
    return token;
  }

  open(encoding: FrameEncoding = 'json'): TestClient {
    const socket = new FakeSocket(encoding, this.config.CLATTER_GATEWAY_OUTBOX_BYTES_MAX);
    const connection = new Connection({
      number: ++this.#numbers,
      encoding,
      socket,
      hub: this.hub,
      requests: this.requests,
      verifier: {
        verify: async (token) => {
          const identity = this.tokens.get(token) ?? new ClatterError('UNAUTHENTICATED', 'token: it is not valid');
          if (identity instanceof Error) throw identity;
          return identity;
        },
      },
      config: this.config,
      clock: this.clock,
      logger: quiet,
      outages: new OutageLog(this.clock, quiet),
      gatewayId: GATEWAY,
    });
    return new TestClient(this, connection, socket);
  }

  /** A connection of person `number` that has been welcomed. */
  async live(number = 1, encoding: FrameEncoding = 'json'): Promise<TestClient> {
    const client = this.open(encoding);
    client.send({ ref: 1, hello: { token: this.token(number), deviceId: 'device' } });
    await this.settle();
    client.socket.take();
    return client;
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }
}

export class TestClient {
  readonly connection: Connection;
  readonly socket: FakeSocket;
  readonly #gateway: TestGateway;

  constructor(gateway: TestGateway, connection: Connection, socket: FakeSocket) {
    this.#gateway = gateway;
    this.connection = connection;
    this.socket = socket;
  }

  send(frame: Input<ClientFrame>): void {
    this.connection.onFrame(encodeClientFrame(this.connection.encoding, frame));
  }

  /** Sends, and waits for all that follows without time. */
  async say(frame: Input<ClientFrame>): Promise<void> {
    this.send(frame);
    await this.#gateway.settle();
  }

  /** A message to conversation `conversation` with id `message`; its ref is the id's number too. */
  message(conversation: number, message: number, retry = false): void {
    this.send({
      ref: message,
      send: {
        conversationId: idOf(conversation),
        messageId: idOf(message),
        content: { text: { body: `message ${message}` } },
        retry,
      },
    });
  }

  /** What each ref was rejected with. */
  rejects(): Record<number, string> {
    return Object.fromEntries(
      this.socket.frames.flatMap(({ ref, reject }) => (reject ? [[ref, reject.code] as const] : [])),
    );
  }
}
