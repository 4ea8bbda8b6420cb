/** Puts a text where it can be pasted; here: the browser's clipboard, which is there on https: and localhost. */
const clipboard = globalThis.navigator?.clipboard;

/** Undefined where the device cannot. */
export const copyText: ((text: string) => Promise<void>) | undefined = clipboard
  ? (text) => clipboard.writeText(text)
  : undefined;
