import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig } from './index.ts';

const schema = z.object({
  CLATTER_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  CLATTER_LEASE_MS: z.coerce.number().int().min(1000).default(15_000),
  CLATTER_RATIO: z.coerce.number().min(0).max(1).default(0.5),
  CLATTER_LEVEL: z.enum(['debug', 'info']).default('info'),
  CLATTER_DIR: z.string().min(1).default('data'),
  CLATTER_URL: z.url({ error: 'want an http or https address' }).default('http://localhost'),
  CLATTER_KEY_SECRET: z.string().min(32).optional(),
});

const failure = (env: Record<string, string>, of: z.ZodObject = schema): string => {
  try {
    loadConfig(of, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the settings were taken');
};

describe('loadConfig', () => {
  it('takes what is set, defaults for the rest, and nothing of other names', () => {
    const config = loadConfig(schema, { CLATTER_PORT: '0', CLATTER_LEVEL: 'debug', HOME: '/root', CLATTER_OTHER: 'x' });
    expect(config).toEqual({
      CLATTER_PORT: 0,
      CLATTER_LEASE_MS: 15_000,
      CLATTER_RATIO: 0.5,
      CLATTER_LEVEL: 'debug',
      CLATTER_DIR: 'data',
      CLATTER_URL: 'http://localhost',
    });
  });

  it('takes an empty variable for none', () => {
    expect(loadConfig(schema, { CLATTER_PORT: '', CLATTER_DIR: '' })).toMatchObject({
      CLATTER_PORT: 8080,
      CLATTER_DIR: 'data',
    });
  });

  it('is frozen', () => {
    const config = loadConfig(schema, {}) as { CLATTER_PORT: number };
    expect(() => {
      config.CLATTER_PORT = 1;
    }).toThrow(TypeError);
  });

  it.each([
    ['CLATTER_PORT', 'abc', 'want an integer from 0 to 65535, got "abc"'],
    ['CLATTER_PORT', '65536', 'want an integer from 0 to 65535, got "65536"'],
    ['CLATTER_PORT', '-1', 'want an integer from 0 to 65535, got "-1"'],
    ['CLATTER_PORT', '80.5', 'want an integer from 0 to 65535, got "80.5"'],
    ['CLATTER_LEASE_MS', '5', 'want an integer from 1000 on, got "5"'],
    ['CLATTER_RATIO', '2', 'want a number from 0 to 1, got "2"'],
    ['CLATTER_LEVEL', 'loud', 'want one of debug, info, got "loud"'],
    ['CLATTER_URL', 'nowhere', 'want an http or https address, got "nowhere"'],
  ])('says of %s what was wanted and what was got: %s', (name, value, line) => {
    expect(failure({ [name]: value })).toBe(`${name}: ${line}`);
  });

  it('says once of each setting what is wrong', () => {
    expect(failure({ CLATTER_PORT: '-1.5', CLATTER_LEVEL: '7' }).split('\n')).toEqual([
      'CLATTER_PORT: want an integer from 0 to 65535, got "-1.5"',
      'CLATTER_LEVEL: want one of debug, info, got "7"',
    ]);
  });

  it('names a setting that is missing', () => {
    expect(failure({}, z.object({ CLATTER_DIR: z.string().min(1) }))).toBe(
      'CLATTER_DIR: want a text of 1 character or more, got nothing',
    );
  });

  it('never shows a secret', () => {
    expect(failure({ CLATTER_KEY_SECRET: 'hunter2' })).toBe(
      'CLATTER_KEY_SECRET: want a text of 32 characters or more, got something else',
    );
  });
});
