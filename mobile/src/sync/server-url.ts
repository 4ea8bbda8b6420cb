/** The platform that this app talks to: where the page came from. */
export const serverUrl = async (): Promise<string> => globalThis.location.origin;

/** Whether a person may choose another one. */
export const serverIsChosen = false;

export const chooseServer = async (_url: string): Promise<void> => undefined;
