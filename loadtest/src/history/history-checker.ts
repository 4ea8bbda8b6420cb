/**
 * The history checker: reads the record of a run, entry by entry, and tells whether the promise was kept. Nothing of the system is asked;
 * two sources that disagree are a violation, whoever is right. What it holds grows with events and commands, not with deliveries.
 */
import { ConversationHistory } from './conversation-history.ts';
import type { Entry } from './entry.ts';
import { Findings } from './violations.ts';

export class HistoryChecker {
  readonly findings = new Findings();
  readonly #open = new Map<string, ConversationHistory>();
  readonly #left = new Set<string>();
  readonly #closed = { conversations: 0, commands: 0, events: 0 };
  #deliveries = 0;

  readonly take = (entry: Entry): void => {
    if (entry.kind === 'left') {
      this.#left.add(entry.device);
      return;
    }
    const history = this.#of(entry.conversationId);
    if (entry.kind === 'sent') history.sent(entry);
    else if (entry.kind === 'acked') history.acked(entry);
    else if (entry.kind === 'refused') history.refused(entry);
    else if (entry.kind === 'told') {
      this.#deliveries++;
      history.told(entry);
    } else if (entry.kind === 'saw') history.saw(entry);
    else if (entry.kind === 'gap') history.gap(entry.device, entry.first, entry.last);
    else if (entry.kind === 'watermark') history.watermark(entry);
    else history.log(entry);
  };

  /** All of a conversation is taken, its members' logs too: it is checked and forgotten. */
  finish(conversationId: string): void {
    const history = this.#of(conversationId);
    history.finish(this.#left);
    this.#open.delete(conversationId);
    this.#closed.conversations++;
    this.#closed.commands += history.size.commands;
    this.#closed.events += history.size.events;
  }

  /** Finishes every conversation of which a member's log was taken. */
  finishAll(): void {
    for (const [id, history] of [...this.#open]) if (history.wasRead) this.finish(id);
  }

  /** What was checked. */
  get size(): { conversations: number; commands: number; events: number; deliveries: number } {
    return { ...this.#closed, deliveries: this.#deliveries };
  }

  #of(conversationId: string): ConversationHistory {
    let history = this.#open.get(conversationId);
    if (!history) {
      history = new ConversationHistory(conversationId, this.findings);
      this.#open.set(conversationId, history);
    }
    return history;
  }
}
