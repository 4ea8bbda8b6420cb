/** What people's own logs say of the conversations that are read: drafts, and which messages are deleted for them. */
import { Draft } from '@clatter/wire';
import { decodeRuns, NO_RUNS, type Runs } from './deleted-runs.ts';
import { decodeFlags } from './own-conversations.ts';
import type { InboxRow, MessageStore } from './ports.ts';

export interface OwnView {
  readonly draft: Draft | undefined;
  readonly deleted: Runs;
}

const NOTHING: OwnView = { draft: undefined, deleted: NO_RUNS };

/** By conversation. The flags of a row say whether there is anything beside them: mostly nothing has to be read. */
export async function readOwnViews(
  store: MessageStore,
  userId: string,
  rows: readonly InboxRow[],
): Promise<(conversationId: string) => OwnView> {
  const ids = rows
    .filter(({ flags }) => {
      if (!flags) return false;
      const { hasDraft, hasDeleted } = decodeFlags(flags);
      return hasDraft || hasDeleted;
    })
    .map(({ conversationId }) => conversationId);
  if (ids.length === 0) return () => NOTHING;
  const found = await store.readOwn(userId, ids);
  const views = new Map(
    ids.map((id, index): [string, OwnView] => {
      const { draft, deleted } = found[index] ?? {};
      return [
        id,
        {
          draft: draft && draft.length > 0 ? Draft.decode(draft) : undefined,
          deleted: deleted ? decodeRuns(deleted) : NO_RUNS,
        },
      ];
    }),
  );
  return (id) => views.get(id) ?? NOTHING;
}

/** Which messages of a conversation a person deleted for themselves. */
export async function readDeletedFor(store: MessageStore, userId: string, conversationId: string): Promise<Runs> {
  const [own] = await store.readOwn(userId, [conversationId]);
  return own ? decodeRuns(own.deleted) : NO_RUNS;
}
