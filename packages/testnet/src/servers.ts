/** The real servers of a test run, which `make test` starts. */

export interface Servers {
  readonly kafka: string;
  readonly cassandra: string;
  readonly redis: string;
  readonly postgres: string;
  /** Environment by which PostgreSQL's own tools get in. */
  readonly libpq?: Readonly<Record<string, string>>;
}

const VARIABLES: Readonly<Record<'kafka' | 'cassandra' | 'redis' | 'postgres', string>> = {
  kafka: 'CLATTER_TEST_KAFKA',
  cassandra: 'CLATTER_TEST_CASSANDRA',
  redis: 'CLATTER_TEST_REDIS',
  postgres: 'CLATTER_TEST_POSTGRES',
};

/** Throws where one is not named: a test on real servers does not pass without them. */
export function testServers(): Servers {
  const named = Object.entries(VARIABLES).map(([name, variable]) => {
    const address = process.env[variable];
    if (!address) throw new Error(`${variable}: want the address of a server (make stack-up prints them), got nothing`);
    return [name, address];
  });
  return Object.fromEntries(named) as unknown as Servers;
}
