/** The lines of a message's info: who has read it, who has it, and who has not, each under a heading. */
import type { MessageReceipts } from '@clatter/client';

type Status = MessageReceipts['items'][number]['status'];

export type InfoLine =
  | { readonly kind: 'heading'; readonly key: string; readonly status: Status }
  | { readonly kind: 'person'; readonly key: string; readonly userId: string };

const ORDER: readonly Status[] = ['read', 'delivered', 'sent'];

export function infoLines({ items }: Pick<MessageReceipts, 'items'>): readonly InfoLine[] {
  return ORDER.flatMap((status) => {
    const people = items.filter((item) => item.status === status);
    if (people.length === 0) return [];
    return [
      { kind: 'heading', key: status, status } as const,
      ...people.map(({ userId }) => ({ kind: 'person', key: userId, userId }) as const),
    ];
  });
}
