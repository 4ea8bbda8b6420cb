/** Degrees as people type and paste them: 52.52, 52,52, 13.4° W. */

const DEGREES = /^\s*([-+−]?)\s*(\d{1,3}(?:[.,]\d{1,15})?)\s*°?\s*([NSEW]?)\s*$/i;

export type Axis = 'latitude' | 'longitude';

const SIDES: Readonly<Record<Axis, { readonly letters: string; readonly max: number }>> = {
  latitude: { letters: 'NS', max: 90 },
  longitude: { letters: 'EW', max: 180 },
};

/** Undefined where it is no such coordinate. */
export function degreesOf(text: string, axis: Axis): number | undefined {
  const [, sign = '', digits = '', letter = ''] = DEGREES.exec(text) ?? [];
  const { letters, max } = SIDES[axis];
  const side = letter.toUpperCase();
  if (digits === '' || (side !== '' && (!letters.includes(side) || sign !== ''))) return undefined;
  const size = Number(digits.replace(',', '.'));
  if (size > max) return undefined;
  const isNegative = (sign !== '' && sign !== '+') || side === 'S' || side === 'W';
  return isNegative && size > 0 ? -size : size;
}

/** Both, where they were pasted together: "52.52, 13.405". */
export function bothOf(text: string): readonly [string, string] | undefined {
  const parts = text.split(/\s*[;\s]\s*|,\s+|(?<=\.\d+),(?=-?\d+\.)/).filter((part) => part !== '');
  const [latitude, longitude] = parts;
  if (parts.length !== 2 || latitude === undefined || longitude === undefined) return undefined;
  const isPair = degreesOf(latitude, 'latitude') !== undefined && degreesOf(longitude, 'longitude') !== undefined;
  return isPair ? [latitude, longitude] : undefined;
}
