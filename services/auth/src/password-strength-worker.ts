/** The thread that judges passwords. */
import { parentPort } from 'node:worker_threads';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';

export interface StrengthRequest {
  readonly id: number;
  readonly password: string;
  readonly personal: readonly string[];
}

export interface Judgement {
  readonly id: number;
  /** 0 to 4: below 10³, 10⁶, 10⁸, 10¹⁰ guesses, and above. */
  readonly score: number;
  /** What makes it easy, by the name that zxcvbn has for that; empty where nothing stands out. */
  readonly warning: string;
}

/**
 * What is judged of a password: its first characters. The time grows with the square of the length, to seconds for a hundred; and a
 * password whose beginning is hard to guess is hard to guess.
 */
const LENGTH_MAX = 32;
/** Ways to read digits as letters that are tried: with all of them, 32 characters can take seconds. */
const SUBSTITUTIONS_MAX = 8;

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  l33tMaxSubstitutions: SUBSTITUTIONS_MAX,
  maxLength: LENGTH_MAX,
});

parentPort?.on('message', ({ id, password, personal }: StrengthRequest) => {
  const { score, sequence, feedback } = zxcvbn.check(password.slice(0, LENGTH_MAX), [...personal]);
  const own = sequence.some(({ dictionaryName }) => dictionaryName === 'userInputs');
  const warning = feedback.warning ?? (own ? 'userInputs' : '');
  parentPort?.postMessage({ id, score, warning } satisfies Judgement);
});
