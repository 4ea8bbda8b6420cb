/** Resolves when `check` gives something other than false or undefined; rejects after `withinMs`, saying what was waited for. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<Exclude<T, false | undefined | null>> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found !== false && found !== undefined && found !== null) return found as Exclude<T, false | undefined | null>;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
