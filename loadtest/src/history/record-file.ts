/** A record as a file: JSON Lines, an entry each, in the order in which things happened. */
import { appendFileSync, closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { Entry } from './entry.ts';
import { HistoryChecker } from './history-checker.ts';

const CHUNK_BYTES = 1 << 16;

export class RecordFile {
  readonly #file: string;
  #lines: string[] = [];
  #size = 0;

  constructor(file: string) {
    this.#file = file;
    writeFileSync(file, '');
  }

  readonly take = (entry: Entry): void => {
    const line = `${JSON.stringify(entry)}\n`;
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#size > CHUNK_BYTES) this.flush();
  };

  flush(): void {
    appendFileSync(this.#file, this.#lines.join(''));
    this.#lines = [];
    this.#size = 0;
  }
}

/** Checks what is in the files, one after the other; a file is read in pieces. */
export function checkRecords(files: readonly string[]): HistoryChecker {
  const checker = new HistoryChecker();
  for (const file of files) {
    let number = 0;
    for (const line of linesOf(file)) {
      number++;
      if (line === '') continue;
      try {
        checker.take(JSON.parse(line) as Entry);
      } catch (error) {
        throw new Error(
          `${file}, line ${number}: want an entry in JSON, got "${line.slice(0, 60)}": ${(error as Error).message}`,
        );
      }
    }
    checker.finishAll();
  }
  return checker;
}

function* linesOf(file: string): Generator<string> {
  const handle = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const decoder = new TextDecoder();
    let rest = '';
    for (let size = readSync(handle, chunk); size > 0; size = readSync(handle, chunk)) {
      const lines = (rest + decoder.decode(chunk.subarray(0, size), { stream: true })).split('\n');
      rest = lines.pop() as string;
      yield* lines;
    }
    yield rest;
  } finally {
    closeSync(handle);
  }
}
