/** Where the device is, as the browser knows it: after it asked the person. */

const ANSWER_MS_MAX = 15_000;
/** It may have been found so long ago. */
const AGE_MS_MAX = 60_000;

export interface Here {
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyM: number;
}

const WHY: Readonly<Record<number, string>> = {
  1: 'The browser does not let this page know where you are. Type the coordinates instead, or allow it in the browser.',
  2: 'The browser does not know where you are. Type the coordinates instead.',
  3: 'The browser did not find out where you are in time. Try again, or type the coordinates.',
};

/** Rejects with a sentence for the person. Undefined where the device cannot be asked. */
export const whereIAm: (() => Promise<Here>) | undefined = globalThis.navigator?.geolocation
  ? () =>
      new Promise((resolve, reject) =>
        navigator.geolocation.getCurrentPosition(
          ({ coords: { latitude, longitude, accuracy } }) => resolve({ latitude, longitude, accuracyM: accuracy }),
          ({ code }) => reject(new Error(WHY[code] ?? WHY[2])),
          { enableHighAccuracy: true, timeout: ANSWER_MS_MAX, maximumAge: AGE_MS_MAX },
        ),
      )
  : undefined;
