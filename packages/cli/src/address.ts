/** Where a dead letter lies in clatter.dead, as it is written: `<partition>:<offset>`. */
import { InvalidArgumentError } from 'commander';

export interface Address {
  readonly partition: number;
  readonly offset: number;
}

const ADDRESS = /^(\d{1,6}):(\d{1,16})$/;

/** Throws what commander shows beside the argument. */
export function parseAddress(text: string): Address {
  const [, partition, offset] = (ADDRESS.exec(text) ?? []).map(Number);
  if (partition === undefined || offset === undefined || !Number.isSafeInteger(offset))
    throw new InvalidArgumentError('Want <partition>:<offset> such as 0:12, as `clatter dead list` prints it.');
  return { partition, offset };
}

export const addressOf = ({ partition, offset }: Address): string => `${partition}:${offset}`;
