/**
 * Three replicas of a store as Cassandra keeps them: partitions of cells, each cell the last writer's by timestamp, equal timestamps keep
 * the larger value. A mutation of one partition is atomic on each replica; it reaches each at a time of its own, or never.
 */

/** A value and when it was written. `text` stands for the value where two are compared. */
export interface Cell {
  readonly timestamp: number;
  readonly value: unknown;
  readonly text: string;
}

export type Cells = ReadonlyMap<string, Cell>;

/** What one write leaves in one partition. */
export interface Mutation {
  readonly partition: string;
  readonly cells: readonly (readonly [name: string, cell: Cell])[];
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : part,
  );

export const cell = (timestamp: number, value: unknown): Cell => ({ timestamp, value, text: canonical(value) });

/** How cells are kept. */
export interface CellRules {
  /** False: the last write to arrive wins. */
  timestamps: boolean;
  /** Of equal timestamps Cassandra keeps the larger value; a store that sees all writes in one order can keep the first. */
  ties: 'larger' | 'first';
}

export const wins = (a: Cell, b: Cell | undefined, ties: CellRules['ties'] = 'larger'): boolean =>
  b === undefined || a.timestamp > b.timestamp || (ties === 'larger' && a.timestamp === b.timestamp && a.text > b.text);

export class Replica {
  readonly name: string;
  readonly #partitions = new Map<string, Map<string, Cell>>();
  readonly #rules: CellRules;

  constructor(name: string, rules: CellRules) {
    this.name = name;
    this.#rules = rules;
  }

  apply({ partition, cells }: Mutation): void {
    let all = this.#partitions.get(partition);
    if (!all) {
      all = new Map();
      this.#partitions.set(partition, all);
    }
    for (const [name, written] of cells)
      if (!this.#rules.timestamps || wins(written, all.get(name), this.#rules.ties)) all.set(name, written);
  }

  partition(name: string): Cells {
    return this.#partitions.get(name) ?? NOTHING;
  }

  /** Whether a cell is there, of this timestamp or a later one. */
  has(partition: string, name: string, timestamp: number): boolean {
    return (this.partition(partition).get(name)?.timestamp ?? -1) >= timestamp;
  }
}

const NOTHING: Cells = new Map();

/** What a read of several replicas answers. */
export function merge(a: Cells, b: Cells): Cells {
  const merged = new Map(a);
  for (const [name, other] of b) if (wins(other, merged.get(name))) merged.set(name, other);
  return merged;
}
