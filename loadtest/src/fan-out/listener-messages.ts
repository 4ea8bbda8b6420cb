/** What a process of listeners and its parent tell each other. */

export type ToListeners =
  /** Open a socket for each token, at these addresses in turn. */
  | { readonly kind: 'open'; readonly urls: readonly string[]; readonly tokens: readonly string[] }
  /** Count what is heard of the messages with these numbers from now on. */
  | { readonly kind: 'measure'; readonly base: number; readonly count: number }
  | { readonly kind: 'report' };

export type FromListeners =
  | { readonly kind: 'open' }
  /** Of each message: how many sockets have it, and when the last one got it, in ms since 1970. */
  | { readonly kind: 'heard'; readonly counts: readonly number[]; readonly lastMs: readonly number[] }
  | { readonly kind: 'failed'; readonly reason: string };
