/** What the app keeps of a person beside the SDK, drafts and names: it goes with a logout, and when somebody else logs in. */
import { deviceStorage } from '../sync/device-storage';

export const draftPrefix = (userId: string): string => `draft/${userId}/`;
export const personPrefix = (userId: string): string => `person/${userId}/`;

/** Forgets what is kept, but that of one person. */
export async function forgetAllBut(userId: string | undefined): Promise<void> {
  const stays = userId === undefined ? [] : [draftPrefix(userId), personPrefix(userId)];
  for (const kind of ['draft/', 'person/'])
    for (const [key] of await deviceStorage.entries(kind))
      if (!stays.some((prefix) => key.startsWith(prefix))) await deviceStorage.delete(key);
}
