/**
 * How far each member is known to be, as it was told last: what does not move it is neither stored nor told again, and nothing that is told
 * ever goes back, whichever device is late, and where the conversation has another owner now. Bounded: what was forgotten is read again. It ends
 * with the assignment of its partition: another owner may tell more meanwhile.
 */
import type { Receipt } from '@clatter/wire';
import { LRUCache } from 'lru-cache';
import type { MessageStore } from './ports.ts';

/** Members of conversations, in each partition; each some 250 bytes. */
const KNOWN_MAX = 2000;

interface Watermarks {
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

const keyOf = ({ conversationId, userId }: Receipt): string => conversationId + userId;

export class ToldWatermarks {
  readonly #store: MessageStore;
  readonly #known = new LRUCache<string, Watermarks>({ max: KNOWN_MAX });

  constructor(store: MessageStore) {
    this.#store = store;
  }

  /** Those of one conversation that move somebody on, each as far as that person is by now. */
  async moved(conversationId: string, receipts: readonly Receipt[]): Promise<readonly Receipt[]> {
    const before = await this.#before(conversationId, receipts);
    const merged = receipts.map((receipt, index) => {
      const { deliveredSeq = 0, readSeq = 0 } = before[index] ?? {};
      return {
        ...receipt,
        deliveredSeq: Math.max(deliveredSeq, readSeq, receipt.deliveredSeq, receipt.readSeq),
        readSeq: Math.max(readSeq, receipt.readSeq),
      };
    });
    return merged.filter(({ deliveredSeq, readSeq }, index) => {
      const known = before[index];
      return !known || deliveredSeq > known.deliveredSeq || readSeq > known.readSeq;
    });
  }

  /** They are stored, and told. */
  told(receipts: readonly Receipt[]): void {
    for (const receipt of receipts) {
      const { deliveredSeq, readSeq } = receipt;
      this.#known.set(keyOf(receipt), { deliveredSeq, readSeq });
    }
  }

  /** One read for all of a conversation who are not known here, and none where all are. */
  async #before(conversationId: string, receipts: readonly Receipt[]): Promise<(Watermarks | undefined)[]> {
    const found = receipts.map((receipt) => this.#known.get(keyOf(receipt)));
    const missing = receipts.filter((_, index) => !found[index]).map(({ userId }) => userId);
    if (missing.length === 0) return found;
    const rows = await this.#store.readMemberReceipts(conversationId, missing);
    const byUser = new Map(rows.map((row, index) => [missing[index], row]));
    return receipts.map(({ userId }, index) => found[index] ?? byUser.get(userId));
  }
}
