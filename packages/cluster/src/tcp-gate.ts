/** A port that leads to a server until a test shuts it, as when the server is down, or stalls it, as when the server hangs. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from './ports.ts';

export class TcpGate {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #stalled = false;
  #port: number;

  /**
   * @param target host:port
   * @param port of the gate; 0: a free one
   */
  constructor(target: string, port = 0) {
    const [host, targetPort] = target.split(':');
    this.#target = { host: host as string, port: Number(targetPort) };
    this.#port = port;
  }

  /** host:port of the gate; the same each time it is opened. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    if (this.#port === 0) [this.#port] = (await freePorts(1)) as [number];
    const server = createServer((near) => this.#join(near));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  /** Refuses new connections and ends those that are open. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => void server.close(() => resolve()));
  }

  /** Connections stay and nothing passes them. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#stalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #join(near: Socket): void {
    const far = connect(this.#target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (chunk) => void to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#stalled) from.pause();
    }
  }
}
