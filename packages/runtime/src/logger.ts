/** Structured logs: pino, wired here and nowhere else. No message content, token or password is ever logged. */
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { currentTraceparent, traceIdOf } from './trace.ts';

export type { Logger };

const SECRETS = ['password', 'token', 'accessToken', 'refreshToken', 'content', 'authorization'];
/** Causes of causes that are shown. */
const CAUSES_MAX = 5;

/** A logger that writes JSON lines to standard error, so that standard output stays for people. */
export function createLogger(options: { readonly service: string; readonly level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      mixin: traceOfLine,
      serializers: { err: (error: unknown) => shownError(error, CAUSES_MAX) },
      redact: {
        paths: [...SECRETS, ...SECRETS.map((name) => `*.${name}`), 'req.headers'],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: false }),
  );
}

/** Lines of what was done for somebody are found by its trace. */
function traceOfLine(): { traceId?: string } {
  const traceparent = currentTraceparent();
  return traceparent === undefined ? {} : { traceId: traceIdOf(traceparent) };
}

/** An error without what libraries hang on it: a database's error holds the row that it refused, and its parameters. */
function shownError(error: unknown, causes: number): unknown {
  if (!(error instanceof Error)) return typeof error;
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && causes > 0 && { cause: shownError(cause, causes - 1) }),
  };
}
