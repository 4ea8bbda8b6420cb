/** Structured logs: pino, wired here and nowhere else. No message content, token or password is ever logged. */
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** A logger that writes JSON lines to standard error, so that standard output stays for people. */
export function createLogger(options: { readonly service: string; readonly level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'password',
          'token',
          'accessToken',
          'refreshToken',
          'content',
          '*.password',
          '*.token',
          '*.content',
          'headers.authorization',
          'req.headers',
        ],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: false }),
  );
}
