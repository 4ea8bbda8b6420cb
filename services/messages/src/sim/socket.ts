/** What clients and gateways of the simulator say to each other, and the wire between them. */
import type { Command } from '@clatter/contracts/messages';
import type { History, Input, ServerFrame, Sync } from '@clatter/wire';
import { Channel, type Life, type Scheduler } from './scheduler.ts';

/** A command as a client sends it: the gateway adds who it is. */
export type Submission = Input<Command> & { readonly conversationId: string; readonly commandId: string };

/** What a client asks. Writes that are HTTP's come over the socket here; behind the gateway their way is the same. */
export interface Ask {
  readonly ref: number;
  readonly hello?: { readonly userId: string; readonly sessionId: string };
  readonly command?: Submission;
  readonly sync?: Input<Sync>;
  readonly history?: Input<History>;
}

export interface ClientEnd {
  readonly life: Life;
  onFrame(frame: ServerFrame): void;
  onClosed(): void;
}

export interface GatewayEnd {
  readonly life: Life;
  onAsk(ask: Ask): void;
  onClosed(): void;
}

export class Socket {
  readonly #scheduler: Scheduler;
  readonly #client: ClientEnd;
  readonly #gateway: GatewayEnd;
  readonly #toGateway: Channel;
  readonly #toClient: Channel;

  constructor(scheduler: Scheduler, client: ClientEnd, gateway: GatewayEnd) {
    this.#scheduler = scheduler;
    this.#client = client;
    this.#gateway = gateway;
    this.#toGateway = new Channel(scheduler, gateway.life);
    this.#toClient = new Channel(scheduler, client.life);
  }

  get open(): boolean {
    return this.#toClient.open;
  }

  /** Whether nothing is on its way. */
  get idle(): boolean {
    return this.#toClient.underWay + this.#toGateway.underWay === 0;
  }

  ask(ask: Ask): void {
    this.#toGateway.send(`${this.#gateway.life.name} hears ${this.#client.life.name}: ${described(ask)}`, () =>
      this.#gateway.onAsk(ask),
    );
  }

  answer(frame: ServerFrame): void {
    this.#toClient.send(`${this.#client.life.name} gets ${describeFrame(frame)} from ${this.#gateway.life.name}`, () =>
      this.#client.onFrame(frame),
    );
  }

  /** Calls `then` at the gateway when the client has got all that it was sent before, and what it sent until then has arrived. */
  ping(then: () => unknown): void {
    const names = `${this.#client.life.name} to ${this.#gateway.life.name}`;
    this.#toClient.send(`ping: ${names}`, () => this.#toGateway.send(`pong: ${names}`, () => void then()));
  }

  /** The connection breaks: what is under way is lost. Each end learns it at its own time. */
  break(): void {
    if (!this.open) return;
    // What the client had sent may lie at the gateway, which reads it before it sees the end.
    this.#toGateway.close(this.#scheduler.random.chance(0.5));
    this.#toClient.close();
    const [client, gateway] = [this.#client, this.#gateway];
    client.life.later(`${client.life.name} sees its socket closed`, () => client.onClosed());
    gateway.life.later(
      `${gateway.life.name} sees the socket of ${client.life.name} closed`,
      () => gateway.onClosed(),
      this.#scheduler.latencyMs() * 5,
    );
  }
}

const bodyOf = (message: object): string =>
  Object.entries(message).find(([key, value]) => key !== 'ref' && typeof value === 'object' && value !== null)?.[0] ??
  'nothing';

function described(ask: Ask): string {
  const { command } = ask;
  if (!command) return bodyOf(ask);
  const { conversationId, commandId, retry, ref, ...rest } = { ...command, ref: ask.ref };
  return `${bodyOf(rest)} ${commandId.slice(0, 8)} in ${conversationId.slice(-6)}${retry ? ', again' : ''}, ref ${ref}`;
}

function describeFrame(frame: ServerFrame): string {
  const { ack, reject, event } = frame;
  if (ack) return `ack ${ack.seq} of ${ack.messageId.slice(0, 8)}`;
  if (reject) return `reject ${reject.code} of ref ${frame.ref}`;
  if (event) return `event ${event.seq} of ${event.conversationId.slice(-6)}`;
  return bodyOf(frame);
}
