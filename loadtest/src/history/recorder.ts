/**
 * Records what clients do and see: on the wire, through the SDK's tap, where nothing is sorted out yet, and as the program is told it. One
 * recorder for all devices of a run, so that its entries are in the order in which things happened.
 */
import type { ClatterClient, FrameTap } from '@clatter/client';
import type { ClientFrame, Event, Input, Receipt, ServerFrame } from '@clatter/wire';
import { digestOf, type Entry, type Sent, seenOf, whats } from './entry.ts';

/** How often what is written about happened on the wire. */
export interface Traffic {
  connections: number;
  /** Commands that went out again. */
  repeats: number;
  acks: number;
  rejects: number;
}

export class Recorder {
  readonly traffic: Traffic = { connections: 0, repeats: 0, acks: 0, rejects: 0 };
  readonly take: (entry: Entry) => void;

  constructor(take: (entry: Entry) => void) {
    this.take = take;
  }

  /** @param syncs `end` for a device that begins when all is over: its sync shows what is stored in the end */
  device(name: string, syncs: 'sync' | 'end' = 'sync'): DeviceRecorder {
    return new DeviceRecorder(name, this.traffic, this.take, syncs);
  }
}

/** Of one device: give its `tap` to the client, and the client to `watch` before it has conversations. */
export class DeviceRecorder {
  readonly name: string;
  readonly tap: FrameTap;
  readonly #traffic: Traffic;
  readonly #take: (entry: Entry) => void;
  readonly #syncs: 'sync' | 'end';
  #userId = '';

  constructor(name: string, traffic: Traffic, take: (entry: Entry) => void, syncs: 'sync' | 'end') {
    this.#syncs = syncs;
    this.name = name;
    this.#traffic = traffic;
    this.#take = take;
    this.tap = { onSent: (frame) => this.#onSent(frame), onReceived: (frame) => this.#onReceived(frame) };
  }

  watch(client: ClatterClient): void {
    const device = this.name;
    const { userId } = client;
    client.on('event', ({ conversationId, seq }) => this.#take({ kind: 'told', device, userId, conversationId, seq }));
    client.on('gap', ({ conversationId, afterSeq, beforeSeq }) =>
      this.#take({ kind: 'gap', device, conversationId, first: afterSeq + 1, last: beforeSeq - 1 }),
    );
    client.on('refused', ({ conversationId, commandId, error }) => {
      const code = 'code' in error ? String(error.code) : error.message;
      this.#take({ kind: 'refused', device, userId, conversationId, id: commandId, code });
    });
  }

  /** Nothing more is expected of it. */
  left(): void {
    this.#take({ kind: 'left', device: this.name });
  }

  #onSent(frame: Input<ClientFrame>): void {
    const command = frame.send ?? frame.edit ?? frame.delete ?? frame.react;
    if (!command) return;
    if (command.retry) this.#traffic.repeats++;
    const asked = this.#asked(frame);
    if (asked) this.#take({ kind: 'sent', device: this.name, userId: this.#userId, ...asked });
  }

  #asked({
    send,
    edit,
    delete: deletion,
    react,
  }: Input<ClientFrame>): Omit<Sent, 'kind' | 'device' | 'userId'> | undefined {
    const userId = this.#userId;
    const digest = (content: Parameters<typeof digestOf>[0] | undefined): string | undefined =>
      content && digestOf(content);
    if (send) {
      const { conversationId = '', messageId: id = '', content } = send;
      return { conversationId, id, what: whats.asMessage(userId, id), digest: digest(content) };
    }
    if (edit) {
      const { conversationId = '', commandId: id = '', seq = 0, content } = edit;
      return { conversationId, id, what: whats.asEdit(userId, seq), digest: digest(content) };
    }
    if (deletion) {
      const { conversationId = '', commandId: id = '', seq = 0 } = deletion;
      return { conversationId, id, what: whats.asDeletion(userId, seq) };
    }
    if (react) {
      const { conversationId = '', commandId: id = '', seq = 0, emoji = '', remove = false } = react;
      return { conversationId, id, what: whats.asReaction(userId, seq, emoji, remove) };
    }
    return undefined;
  }

  #onReceived({ welcome, ack, reject, event, receipt, syncPage, historyPage }: ServerFrame): void {
    const at = { device: this.name, userId: this.#userId };
    if (welcome) {
      this.#traffic.connections++;
      this.#userId = welcome.userId;
    } else if (ack) {
      this.#traffic.acks++;
      const { conversationId, messageId: id, seq, messageNo, sentAtMs } = ack;
      this.#take({ kind: 'acked', ...at, conversationId, id, seq, messageNo, sentAtMs });
    } else if (reject) this.#traffic.rejects++;
    else if (event) this.#saw('live', event);
    else if (receipt) this.#watermark('live', receipt.conversationId, receipt);
    else if (historyPage) for (const item of historyPage.events) this.#saw('history', item);
    else
      for (const { conversation, events, lastMessage, receipts } of syncPage?.conversations ?? []) {
        const conversationId = conversation?.conversationId as string;
        for (const item of events) this.#saw('sync', item);
        if (lastMessage) this.#saw('sync', lastMessage);
        for (const item of receipts) this.#watermark(this.#syncs, conversationId, item);
      }
  }

  #saw(by: 'live' | 'sync' | 'history', event: Event): void {
    const { conversationId } = event;
    this.#take({ kind: 'saw', device: this.name, userId: this.#userId, conversationId, by, event: seenOf(event) });
  }

  #watermark(
    by: 'live' | 'sync' | 'end',
    conversationId: string,
    { userId: of, deliveredSeq, readSeq }: Receipt,
  ): void {
    this.#take({ kind: 'watermark', device: this.name, conversationId, of, deliveredSeq, readSeq, by });
  }
}

/** Reads a member's whole log, page by page, and records it. */
export async function recordLog(
  member: Pick<ClatterClient, 'userId' | 'history'>,
  conversationId: string,
  take: (entry: Entry) => void,
): Promise<void> {
  for (let after = 0, more = true; more; ) {
    const page = await member.history(conversationId, { after, limit: 100 });
    after = page.events.at(-1)?.seq ?? after;
    more = page.hasMore;
    const { userId } = member;
    take({ kind: 'log', userId, conversationId, events: page.events.map(seenOf), last: !more });
  }
}
