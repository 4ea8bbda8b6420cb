/** Pages are cut by the bytes of their JSON, the larger of the two encodings: so each fits a frame, an HTTP answer and a gRPC message alike. */
import { Event } from '@clatter/wire';

/** Of what a page holds: below the 1 MiB of a server frame, with room for what is around it. */
export const PAGE_BYTES_MAX = 1_000_000;

/** With the comma. */
const eventBytes = (event: Event): number => Buffer.byteLength(Event.toJson(event)) + 1;

/**
 * The events that fit, without a gap, taken alternately after and before the place `center` (0: from the first on; their count: from the
 * last back). No single event is larger than a page.
 */
export function eventsWithin(events: readonly Event[], center: number, bytesMax: number): Event[] {
  let [from, to, bytes] = [center, center, 0];
  const takes = (event: Event | undefined): boolean => {
    if (!event) return false;
    bytes += eventBytes(event);
    return bytes <= bytesMax;
  };
  for (let [up, down] = [true, true]; up || down; ) {
    up &&= takes(events[to]);
    if (up) to++;
    down &&= takes(events[from - 1]);
    if (down) from--;
  }
  return events.slice(from, to);
}
