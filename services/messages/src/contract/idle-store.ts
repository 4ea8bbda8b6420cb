/** A store that says when nobody waits for it: for tests in which time passes by hand and the store is a real one. */
import type { MessageStore } from '../ports.ts';

/** Turns of the event loop without a call. */
const QUIET_TURNS = 5;

export function idleStore(store: MessageStore): { readonly store: MessageStore; idle(): Promise<void> } {
  let waiting = 0;
  let calls = 0;
  const counted = Object.fromEntries(
    Object.entries(store).map(([name, call]: [string, (...asked: never[]) => Promise<unknown>]) => [
      name,
      async (...asked: never[]): Promise<unknown> => {
        waiting++;
        calls++;
        try {
          return await call(...asked);
        } finally {
          waiting--;
        }
      },
    ]),
  ) as unknown as MessageStore;
  return {
    store: counted,
    async idle() {
      for (let quiet = 0, before = -1; quiet < QUIET_TURNS; before = calls) {
        await new Promise((resolve) => (waiting > 0 ? setTimeout(resolve, 1) : setImmediate(resolve)));
        quiet = waiting === 0 && calls === before ? quiet + 1 : 0;
      }
    },
  };
}
