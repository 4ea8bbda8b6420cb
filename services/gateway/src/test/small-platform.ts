/** A whole gateway on a port of its own, on stand-ins for the other services and a log in memory. */
import type { DeliveryService } from '@clatter/contracts/gateway';
import { topics } from '@clatter/log';
import { noLogFaults, SimulatedLog, type SimulatedLogFaults } from '@clatter/log/simulated';
import { createMetrics, loadConfig, randomIds, type Service, systemClock } from '@clatter/runtime';
import WebSocket from 'ws';
import { gatewayConfig } from '../config.ts';
import { createGateway } from '../service.ts';
import { createSmallAuth } from './small-auth.ts';
import { SmallMessages } from './small-messages.ts';
import { quiet, SmallPresence } from './small-parts.ts';

export interface Person {
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly refreshToken: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says
  readonly body: any;
}

export class SmallPlatform implements AsyncDisposable {
  readonly gateway: Service & { readonly delivery: DeliveryService; readonly port: number };
  readonly messages: SmallMessages;
  readonly presence: SmallPresence;
  readonly logFaults: SimulatedLogFaults;
  readonly metrics = createMetrics();
  readonly sign: (login: { userId: string; sessionId: string }, seconds?: number) => Promise<string>;

  private constructor(
    env: Record<string, string>,
    log: SimulatedLog,
    { auth, factors, people, sso, sign }: Awaited<ReturnType<typeof createSmallAuth>>,
  ) {
    this.sign = sign;
    this.logFaults = log.faults;
    const connected = log.connect({ name: 'gateway', later: (_, run, delayMs) => void later(run, delayMs) });
    this.presence = new SmallPresence();
    this.messages = new SmallMessages(connected, this.presence, () => this.gateway.delivery);
    this.gateway = createGateway({
      config: loadConfig(gatewayConfig, { CLATTER_HTTP_PORT: '0', CLATTER_GATEWAY_DRAIN_MS: '0', ...env }),
      gatewayId: 'gateway-1',
      log: connected,
      auth: () => auth,
      factors: () => factors,
      people: () => people,
      sso: () => sso,
      tokens: { issuer: 'clatter', audience: 'clatter' },
      messages: this.messages.service,
      presence: this.presence,
      logger: quiet,
      metrics: this.metrics,
      clock: systemClock,
      ids: randomIds,
    });
  }

  static async start(env: Record<string, string> = {}): Promise<SmallPlatform> {
    const network = {
      nowMs: Date.now,
      random: Math.random,
      later: (_: string, run: () => void, ms?: number) => void later(run, ms),
    };
    const log = new SimulatedLog({
      network,
      topics: Object.fromEntries(Object.values(topics).map(({ name }) => [name, 2])),
      faults: noLogFaults(),
    });
    const forAuth = log.connect({ name: 'auth', later: (_, run, delayMs) => void later(run, delayMs) });
    const auth = await createSmallAuth({ clock: systemClock, ids: randomIds, log: forAuth });
    const platform = new SmallPlatform(env, log, auth);
    await platform.gateway.start();
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.stop();
    await this.messages.close();
  }

  async http(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  async person(username: string): Promise<Person> {
    const { body } = await this.http('POST', '/v1/accounts', { username, password: 'correct horse' });
    const { user, session } = body;
    return {
      userId: user.userId,
      sessionId: session.sessionId,
      token: session.accessToken,
      refreshToken: session.refreshToken,
    };
  }

  /** A socket as any program opens it. */
  socket(options: { protocol?: string; origin?: string } = {}): TestSocket {
    const { protocol = 'clatter.v1.json', origin } = options;
    const url = `${this.url.replace('http', 'ws')}/v1/ws`;
    const protocols = protocol === '' ? [] : [protocol];
    return new TestSocket(new WebSocket(url, protocols, { ...(origin !== undefined && { origin }) }));
  }

  async hello(person: Person): Promise<TestSocket> {
    const socket = this.socket();
    socket.send({ ref: 1, hello: { token: person.token } });
    await socket.answer(1);
    return socket;
  }
}

const later = (run: () => void, delayMs = 0): unknown => (delayMs > 0 ? setTimeout(run, delayMs) : setImmediate(run));

/** What came on a socket, as JSON. */
export class TestSocket {
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says
  readonly frames: any[] = [];
  readonly raw: WebSocket;
  closed: { readonly code: number; readonly reason: string } | undefined;
  refused: Error | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #opened: Promise<void>;

  constructor(socket: WebSocket) {
    this.raw = socket;
    this.#opened = new Promise((resolve) => socket.once('open', () => resolve()));
    socket.on('message', (data: Buffer, isBinary) => {
      this.frames.push(isBinary ? data : JSON.parse(data.toString()));
      this.#wake();
    });
    socket.on('error', (error) => {
      this.refused = error;
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
  }

  send(frame: string | Buffer | object): void {
    const data = typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame);
    void this.#opened.then(() => this.raw.send(data));
  }

  /** The first frame that is so, or an error where none comes in time. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says
  frame(what: (frame: any) => boolean): Promise<any> {
    return this.#until(() => this.frames.find(what));
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says
  answer(ref: number): Promise<any> {
    return this.frame((frame) => frame.ref === ref);
  }

  close(): Promise<{ code: number; reason: string }> {
    return this.#until(() => this.closed);
  }

  refusal(): Promise<string> {
    return this.#until(() => this.refused?.message);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #until<T>(read: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`it did not come; there was ${JSON.stringify(this.frames)} ${JSON.stringify(this.closed)}`));
      }, 20_000);
      const check = (): void => {
        const found = read();
        if (found === undefined) return;
        clearTimeout(late);
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }
}
