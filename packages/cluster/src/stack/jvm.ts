/** What Kafka and Cassandra share: a Java program of jars. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JARS_DIR } from '../paths.ts';

export function classPath(product: 'kafka' | 'cassandra'): string {
  const dir = join(JARS_DIR, product);
  return readdirSync(dir)
    .filter((file) => file.endsWith('.jar'))
    .map((file) => join(dir, file))
    .join(':');
}

/** Small heaps, and one collector thread: these share a machine with everything else. */
export const jvm = (minimum: string, maximum: string): string[] => [
  `-Xms${minimum}`,
  `-Xmx${maximum}`,
  '-XX:+UseSerialGC',
];
