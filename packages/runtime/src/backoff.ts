/** How long to wait before the next try: exponential with full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), in ms. */
export function backoff(
  tries: number,
  bounds: { readonly baseMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(tries, 30));
  // Never 0: a retry that comes at once is a busy loop.
  return Math.max(1, Math.round(ceiling * (0.25 + 0.75 * random())));
}
