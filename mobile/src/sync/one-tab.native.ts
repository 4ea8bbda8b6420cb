/** An app on a phone is there once. */
export const claimTab = (_onTaken: () => void) => (): void => undefined;
