/** The platform that this app talks to: set at build time by EXPO_PUBLIC_CLATTER_URL. */
export const serverUrl = (): string => process.env.EXPO_PUBLIC_CLATTER_URL ?? 'http://localhost:8080';
