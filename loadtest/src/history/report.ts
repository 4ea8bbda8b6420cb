/** What the checker found, for people and for scripts. */
import type { HistoryChecker } from './history-checker.ts';
import { type ViolationKind, violationKinds } from './violations.ts';

const SHOWN_MAX = 20;

const kinds = Object.keys(violationKinds) as ViolationKind[];

/** `lost 0, doubled 0, …`: what a script greps. */
export const countsOf = ({ findings }: HistoryChecker, of: readonly ViolationKind[] = kinds): string =>
  of.map((kind) => `${kind} ${findings.found(kind)}`).join(', ');

/** The lines of a table: each kind, how much was looked at for it, how often it was found; and the first ones found. */
export function describeFindings(checker: HistoryChecker): string[] {
  const { findings, size } = checker;
  const number = (value: number): string => value.toLocaleString('en').padStart(12);
  return [
    `${size.conversations} conversations with ${size.events.toLocaleString('en')} events, ${size.commands.toLocaleString('en')} commands, ${size.deliveries.toLocaleString('en')} deliveries`,
    `${'what breaks the promise'.padEnd(36)}${'looked at'.padStart(12)}${'found'.padStart(12)}`,
    ...kinds.map((kind) => `${kind.padEnd(36)}${number(findings.lookedAt(kind))}${number(findings.found(kind))}`),
    ...describeViolations(checker),
  ];
}

/** The first violations, with what is known of each. */
export function describeViolations({ findings }: HistoryChecker): string[] {
  const shown = findings.first.slice(0, SHOWN_MAX);
  return [
    ...shown.map(({ kind, conversationId, detail }) => `  ${kind} in ${conversationId}: ${detail}`),
    ...(findings.total > shown.length ? [`  … and ${findings.total - shown.length} more`] : []),
  ];
}
