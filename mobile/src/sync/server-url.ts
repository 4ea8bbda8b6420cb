/** The platform that this app talks to: where the page came from. */
export const serverUrl = (): string => globalThis.location.origin;
