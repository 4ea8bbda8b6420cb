/** Reads of one turn of the event loop travel to the thread as one message. */
import type { SqlValue, StorageAnswer } from './storage-protocol.ts';
import type { Statement } from './write-group.ts';

export type Rows = readonly SqlValue[][];

interface Read {
  readonly statement: Statement;
  readonly params: readonly SqlValue[];
  resolve(rows: Rows): void;
  reject(error: Error): void;
}

export class TurnReads {
  readonly #ask: (statements: readonly Statement[], params: readonly (readonly SqlValue[])[]) => Promise<StorageAnswer>;
  #reads: Read[] = [];

  constructor(
    ask: (statements: readonly Statement[], params: readonly (readonly SqlValue[])[]) => Promise<StorageAnswer>,
  ) {
    this.#ask = ask;
  }

  read(statement: Statement, params: readonly SqlValue[]): Promise<Rows> {
    return new Promise((resolve, reject) => {
      // After the promises of this turn: what they read goes along.
      if (this.#reads.length === 0) setImmediate(() => void this.#flush());
      this.#reads.push({ statement, params, resolve, reject });
    });
  }

  async #flush(): Promise<void> {
    const reads = this.#reads;
    this.#reads = [];
    try {
      const { rows = [] } = await this.#ask(
        reads.map(({ statement }) => statement),
        reads.map(({ params }) => params),
      );
      for (const [index, { resolve, reject }] of reads.entries()) {
        const result = rows[index] as Exclude<typeof rows, undefined>[number];
        if ('error' in result) reject(new Error(result.error));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of reads) reject(error as Error);
    }
  }
}
