/** A logger whose lines a test reads. */
import { createLogger, type Logger } from '@clatter/runtime';

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly parts: readonly unknown[];
}

export function recordingLogger(): { readonly logger: Logger; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const logger = createLogger({ service: 'test', level: 'silent' });
  for (const level of ['info', 'warn', 'error'] as const)
    logger[level] = (...parts: unknown[]) => void lines.push({ level, parts });
  return { logger, lines };
}

/** What they say, without what hangs on them. */
export const linesOf = (lines: readonly Line[]): string[] =>
  lines.map(({ parts }) => String(parts.find((part) => typeof part === 'string')));
