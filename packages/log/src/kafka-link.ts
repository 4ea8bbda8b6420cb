/**
 * A connection to one broker, and the only file that knows kafkajs. Of kafkajs 2.2.4 it takes the socket, TLS, SASL, framing, time-outs and
 * the codecs of rare requests. Its producer, consumer and client are left out, because they break promises of the port that nothing outside
 * them can mend; ARCHITECTURE.md says which. Inside it is CommonJS without types, hence `require` and the interfaces here.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { KafkaReader } from './kafka-bytes.ts';
import type { KafkaRequest } from './kafka-requests.ts';

/** How long a socket may take to connect. */
const CONNECT_MS = 2000;
/** How long a broker may take to answer, beyond what the request itself lets it wait. */
const ANSWER_MS = 3000;

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Opens a socket; another than TCP or TLS where a test cuts connections. */
export type OpenSocket = (to: {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions | undefined;
  readonly onConnect: () => void;
}) => Socket;

export interface KafkaLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly ssl?: ConnectionOptions | undefined;
  readonly sasl?: KafkaSasl | undefined;
  readonly openSocket?: OpenSocket | undefined;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
  rejectAll(error: Error): void;
}

interface Connection {
  readonly requestQueue: RequestQueue;
  readonly socket?: Socket;
  isConnected(): boolean;
  send(message: unknown): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

interface ConnectionPool {
  readonly pool: readonly Connection[];
  getConnection(): Promise<Connection>;
}

type Protocol = (args: object) => {
  readonly request: unknown;
  readonly response: { decode(raw: Buffer): Promise<unknown> };
  readonly requestTimeout?: number;
};

interface Broker {
  readonly connectionPool: ConnectionPool;
  isConnected(): boolean;
  connect(): Promise<void>;
  lookupRequest(apiKey: number, definition: unknown): Protocol;
}

interface Encoder {
  writeBufferInternal(bytes: Buffer): void;
}

const require = createRequire(import.meta.url);
const KafkaBroker = require('kafkajs/src/broker') as new (options: object) => Broker;
const buildPools = require('kafkajs/src/cluster/connectionPoolBuilder') as (options: object) => {
  build(): Promise<ConnectionPool>;
};
const openTcpSocket = (require('kafkajs/src/network/socketFactory') as () => OpenSocket)();
const KafkaEncoder = require('kafkajs/src/protocol/encoder') as new (size: number) => Encoder;
const { requests } = require('kafkajs/src/protocol/requests') as { requests: Record<string, unknown> };
const apiKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<string, number>;
const { createLogger } = require('kafkajs/src/loggers') as { createLogger(options: object): object };
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error & { readonly type: string };
};

/** What brokers answer in place of what was asked for (https://kafka.apache.org/protocol#protocol_error_codes). */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly errorCode: number;

  constructor(what: string, errorCode: number) {
    const { type, message } = createErrorFromCode(errorCode);
    super(`${what}: ${type ?? 'error'} (${errorCode}), ${message}`);
    this.errorCode = errorCode;
  }
}

/** Throws where an answer is an error. */
export function checkAnswer(what: string, errorCode: number): void {
  if (errorCode !== 0) throw new KafkaError(what, errorCode);
}

export class KafkaLink {
  readonly #options: KafkaLinkOptions;
  readonly #broker: Promise<Broker>;
  #closed = false;

  constructor(options: KafkaLinkOptions) {
    this.#options = options;
    this.#broker = openBroker(options);
  }

  get address(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  /** Sends a request of ours. `waitMs` is what the broker may wait by itself before it answers. */
  async send<T>(request: KafkaRequest<T>, waitMs = 0): Promise<T> {
    const { apiKey, apiVersion, name, body } = request;
    const encode = async (): Promise<Encoder> => {
      const encoder = new KafkaEncoder(body.length);
      encoder.writeBufferInternal(body);
      return encoder;
    };
    const answer = await this.#exchange({
      request: { apiKey, apiVersion, apiName: name, encode },
      response: { decode: async (raw: Buffer) => ({ raw }), parse: async (decoded: unknown) => decoded },
      requestTimeout: waitMs + ANSWER_MS,
    });
    return request.read(new KafkaReader((answer as { raw: Buffer }).raw));
  }

  /** Sends one of kafkajs' requests in the newest version that both sides speak. Answers as they came, errors of their parts included. */
  async call<T>(api: string, args: object, waitMs = 0): Promise<T> {
    const broker = await this.#connected();
    const { request, response } = broker.lookupRequest(apiKeys[api] as number, requests[api])(args);
    return (await this.#exchange({
      request,
      response: { decode: (raw: Buffer) => response.decode(raw), parse: async (decoded: unknown) => decoded },
      requestTimeout: waitMs + ANSWER_MS,
      logResponseError: false,
    })) as T;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#cut(await this.#broker, new Error('the connection is closed'));
  }

  async #exchange(message: object): Promise<unknown> {
    const broker = await this.#connected();
    try {
      const connection = await broker.connectionPool.getConnection();
      return await connection.send(message);
    } catch (error) {
      // An answer that is late may never come: what is sent next gets a connection of its own.
      if ((error as Error).name === 'KafkaJSRequestTimeoutError') await this.#cut(broker, error as Error);
      throw error;
    }
  }

  async #connected(): Promise<Broker> {
    const broker = await this.#broker;
    if (this.#closed) throw new Error(`the connection to ${this.address} is closed`);
    if (!broker.isConnected()) await broker.connect();
    return broker;
  }

  async #cut(broker: Broker, error: Error): Promise<void> {
    for (const connection of broker.connectionPool.pool) {
      if (!connection.isConnected()) continue;
      connection.requestQueue.rejectAll(error);
      await connection.disconnect();
      connection.socket?.destroy();
    }
  }
}

async function openBroker({ host, port, clientId, ssl, sasl, openSocket }: KafkaLinkOptions): Promise<Broker> {
  // What goes wrong is told by whoever asked.
  const logger = createLogger({ level: 0, logCreator: () => () => undefined });
  const pools = buildPools({
    brokers: [`${host}:${port}`],
    logger,
    clientId,
    ssl: ssl ?? null,
    sasl: sasl ?? null,
    socketFactory: openSocket ?? openTcpSocket,
    connectionTimeout: CONNECT_MS,
    requestTimeout: ANSWER_MS,
    enforceRequestTimeout: true,
  });
  const connectionPool = await pools.build();
  for (const { requestQueue } of connectionPool.pool) {
    // It sets a timer of a negative time after each answer, of which Node warns.
    const schedule = requestQueue.scheduleCheckPendingRequests;
    requestQueue.scheduleCheckPendingRequests = () => {
      if (requestQueue.pending.length > 0 || requestQueue.throttledUntil > Date.now()) schedule.call(requestQueue);
    };
  }
  return new KafkaBroker({ connectionPool, logger, allowAutoTopicCreation: false });
}
