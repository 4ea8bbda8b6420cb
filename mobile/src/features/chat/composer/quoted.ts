/** A message that is answered, or written anew. */
import type { MessageView } from '@clatter/client';

export interface Quoted {
  readonly message: MessageView;
  readonly mode: 'reply' | 'edit';
}
