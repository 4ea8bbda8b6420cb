/** How high the field of the composer is. */
export const LINE = 21;
export const HEIGHT_MAX = 7 * LINE;
