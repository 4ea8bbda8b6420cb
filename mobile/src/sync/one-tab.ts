/**
 * One tab at a time is the client. Two would share one outbox and one refresh token in the browser's storage, and undo each other's work:
 * the tab that opened last has it, and the others let go.
 */
export function claimTab(onTaken: () => void): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined;
  const channel = new BroadcastChannel('clatter');
  channel.onmessage = onTaken;
  channel.postMessage('open');
  return () => channel.close();
}
