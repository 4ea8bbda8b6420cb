/** A place on the screen, where a menu opens. */
export interface Place {
  readonly x: number;
  readonly y: number;
}
