/** The rows of all who are, were, or may never become members of a conversation: of these there is no bound. */
import type { MemberRow, MessageStore } from './ports.ts';

const PAGE = 1000;

export async function readAllMembers(store: MessageStore, conversationId: string): Promise<MemberRow[]> {
  const rows: MemberRow[] = [];
  for (let after = ''; ; ) {
    const page = await store.readMembers(conversationId, after, PAGE);
    rows.push(...page);
    const last = page.at(-1);
    if (page.length < PAGE || !last) return rows;
    after = last.userId;
  }
}
