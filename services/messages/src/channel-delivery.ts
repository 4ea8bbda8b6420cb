/**
 * How an event of a channel finds its members without a list of them: one frame for each gateway that is interested, which it gives to its own
 * sockets. Interest is in the registry before a client syncs, as its connection is.
 *
 * Whoever comes or goes is located like the members of a group, and their gateways get the same frame, with who came and who went: so a gateway
 * that had nobody there learns of it. It answers once its interest is registered. Until then what follows goes there too, for the registry
 * may not know yet.
 */
import type { ChannelNews } from '@clatter/contracts/gateway';
import { type Event, ServerFrame } from '@clatter/wire';
import type { ChannelTurn } from './conversation-batch.ts';

/** For whom of a channel a frame is. */
export interface ChannelFrame {
  readonly conversationId: string;
  /** 0 for what is no event. */
  readonly seq?: number;
  readonly turn?: ChannelTurn;
  /** For those alone who see this seq, or who do not. */
  readonly onlySeersOf?: number;
  readonly onlyBlindTo?: number;
}

interface AddressedChannel {
  readonly frame: ServerFrame;
  readonly channel: ChannelFrame;
}

/** Nearly always one frame; an edit is another to those who may not see its message. */
export function channelAddressed(event: Event, frame: ServerFrame, turn: ChannelTurn): AddressedChannel[] {
  const { conversationId, seq, edited } = event;
  const channel = { conversationId, seq, turn };
  if (!edited) return [{ frame, channel }];
  const bare = ServerFrame.create({ event: { ...event, edited: { ...edited, content: undefined } } });
  return [
    { frame, channel: { ...channel, onlySeersOf: edited.seq } },
    { frame: bare, channel: { ...channel, onlyBlindTo: edited.seq } },
  ];
}

/** Who has to be located for it. */
export const namedBy = ({ turn }: ChannelFrame): readonly string[] =>
  turn ? [...turn.joinedIds, ...turn.leftIds] : [];

export const channelNews = ({
  conversationId,
  seq = 0,
  turn,
  onlySeersOf = 0,
  onlyBlindTo = 0,
}: ChannelFrame): ChannelNews => ({
  conversationId,
  seq,
  joinedIds: [...(turn?.joinedIds ?? [])],
  visibleFromSeq: turn?.visibleFromSeq ?? 0,
  leftIds: [...(turn?.leftIds ?? [])],
  onlySeersOf,
  onlyBlindTo,
});

/** The gateways that were told of somebody who came to a channel, and have not answered yet. */
export class JoiningGateways {
  readonly #channels = new Map<string, Map<string, number>>();

  /** @param taken resolves when the gateway's interest is registered, or it will sync all that it has */
  add(channelId: string, gatewayId: string, taken: Promise<void>): void {
    const gateways = this.#channels.get(channelId) ?? new Map<string, number>();
    this.#channels.set(channelId, gateways);
    gateways.set(gatewayId, (gateways.get(gatewayId) ?? 0) + 1);
    void taken.then(() => {
      const left = (gateways.get(gatewayId) ?? 1) - 1;
      if (left > 0) gateways.set(gatewayId, left);
      else gateways.delete(gatewayId);
      if (gateways.size === 0 && this.#channels.get(channelId) === gateways) this.#channels.delete(channelId);
    });
  }

  /** A set of its own for each of these channels. */
  of(channelIds: Iterable<string>): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>();
    for (const id of channelIds) found.set(id, new Set(this.#channels.get(id)?.keys()));
    return found;
  }
}
