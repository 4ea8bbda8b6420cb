/** OpenSSL says where in its sources it met an alert, and begins with the number of its thread: `…:ssl/tls alert certificate expired:…`. */
const ALERT =
  /[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:(?:ssl\/tls alert |(?:sslv3|tlsv1|tlsv13) alert )?([^:]+):\S*?:\d+:(?:SSL alert number \d+)?\s*/g;
/** Node's advice; it cannot know the setting. */
const ADVICE = /; if the root CA is installed locally, try running Node\.js with --use-system-ca/g;

/** Why something failed, in one line for whoever runs the platform: the same reason has the same words each time. */
export function reasonOf(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: readonly Error[] };
  // An address with several numbers fails with an error for each of them, and none of its own.
  const said = message || errors?.map((one) => one.message).join(', ') || String(error);
  return said.replace(ADVICE, '').replace(ALERT, 'TLS: the other side says: $1').replace(/\s+/g, ' ').trim();
}
