/** W3C trace context: a `traceparent` in every record and call, so that one message can be followed through the services. */
import { randomFillSync } from 'node:crypto';

const POOL = Buffer.alloc(24 * 512);
let used = POOL.length;

/** A new trace, not sampled: `00-<trace id>-<span id>-00`. Random bytes are drawn for 512 at once. */
export function newTraceparent(): string {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const hex = POOL.toString('hex', used, used + 24);
  used += 24;
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-00`;
}
