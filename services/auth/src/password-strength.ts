/**
 * How hard a password is to guess, by zxcvbn (Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016) and the lists
 * of common passwords, words and names that come with it. It runs in a thread of its own, one password at a time: the lists take a second
 * to load, and a judgement takes tens of ms of a core. The thread starts with the first password.
 */
import { Worker } from 'node:worker_threads';
import { ClatterError } from '@clatter/wire';
import type { Judgement, StrengthRequest } from './password-strength-worker.ts';

/** Why a password is refused, in words, by the code that says it to programs. */
const REASONS: Readonly<Record<string, string>> = {
  topTen: 'it is one of the ten most common passwords',
  topHundred: 'it is one of the hundred most common passwords',
  common: 'it is a common password',
  similarToCommon: 'it is like a common password',
  wordByItself: 'it is a single word',
  namesByThemselves: 'it is a name',
  commonNames: 'it is a name',
  userInputs: 'it is made of the username, the name or an address of the account',
  straightRow: 'it is a row of keys',
  keyPattern: 'it is a pattern of keys',
  simpleRepeat: 'it repeats a character',
  extendedRepeat: 'it repeats a few characters',
  sequences: 'it is a sequence such as abc or 123',
  recentYears: 'it is a year',
  dates: 'it is a date',
  short: 'it is short for what it is made of: add a word or two',
};

type Waiting = { readonly resolve: (judgement: Judgement) => void; readonly reject: (error: Error) => void };

export class PasswordStrength {
  readonly #scoreMin: number;
  readonly #waitingMax: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;

  /**
   * @param scoreMin 0 to 4, as zxcvbn counts: 3 is 10⁸ guesses or more; 0 lets every password pass
   * @param waitingMax passwords that may wait for their judgement; past it, RATE_LIMITED
   */
  constructor(scoreMin: number, waitingMax: number) {
    this.#scoreMin = scoreMin;
    this.#waitingMax = waitingMax;
  }

  /**
   * Throws WEAK_PASSWORD where the password is too easy to guess, with the reason; RATE_LIMITED where too many wait.
   * @param personal what an attacker knows of its owner: username, name, addresses
   */
  async check(password: string, personal: readonly (string | undefined)[]): Promise<void> {
    if (this.#scoreMin === 0) return;
    const { score, warning } = await this.#judge({ password, personal: parts(personal) });
    if (score >= this.#scoreMin) return;
    const reason = warning in REASONS ? warning : 'short';
    throw new ClatterError('WEAK_PASSWORD', `password: it is too easy to guess (${reason}): ${REASONS[reason]}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end(new ClatterError('UNAVAILABLE', 'auth stops'));
    await this.#worker?.terminate();
  }

  #judge(request: Omit<StrengthRequest, 'id'>): Promise<Judgement> {
    if (this.#closed) return Promise.reject(new ClatterError('UNAVAILABLE', 'auth stops'));
    if (this.#waiting.size >= this.#waitingMax)
      return Promise.reject(new ClatterError('RATE_LIMITED', 'too many people choose a password at this moment'));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#thread().postMessage({ id, ...request } satisfies StrengthRequest);
    });
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    // Flags of the process speak of its own program (`--input-type`).
    const worker = new Worker(new URL('./password-strength-worker.js', import.meta.url), { execArgv: [] });
    worker.on('message', (judgement: Judgement) => {
      this.#waiting.get(judgement.id)?.resolve(judgement);
      this.#waiting.delete(judgement.id);
    });
    const gone = (cause: unknown): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#end(new ClatterError('UNAVAILABLE', 'passwords cannot be judged now', { cause }));
    };
    worker.on('error', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Each as a whole and its words: of an address, what is before and behind the @. */
const parts = (personal: readonly (string | undefined)[]): string[] =>
  personal.flatMap((text) => (text ? [text, ...text.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 2)] : []));
