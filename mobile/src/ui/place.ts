/** A place on the screen, where a menu opens. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** What a press tells. On the web that of a key comes as the browser has it, without a `nativeEvent` around. */
type Press = { readonly nativeEvent?: object | undefined };

const nativeOf = (event: Press): { readonly pageX?: number; readonly pageY?: number; readonly key?: string } =>
  event.nativeEvent ?? event;

export const isByKey = (event: Press): boolean => nativeOf(event).key !== undefined;

/** Where a press was; undefined for one of the keyboard. */
export function placeOf(event: Press): Place | undefined {
  const { pageX, pageY } = nativeOf(event);
  return pageX === undefined || pageY === undefined ? undefined : { x: pageX, y: pageY };
}
