/** People to each other, on PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { createDatabase, dropDatabase } from '@clatter/cluster';
import { afterAll } from 'vitest';
import { peopleContract } from './people.contract.ts';

const server = process.env.CLATTER_TEST_POSTGRES ?? '';
if (server === '') throw new Error('CLATTER_TEST_POSTGRES: want the URL of a PostgreSQL server, got nothing');

let url: string;
afterAll(() => {
  if (url !== undefined) dropDatabase(url);
});

peopleContract(() => {
  url = createDatabase(server, `clatter_test_${randomBytes(6).toString('hex')}`);
  return {
    CLATTER_AUTH_DATABASE_URL: url,
    CLATTER_AUTH_KEY_SECRET: 'the same thirty-two characters everywhere',
  };
});
