/** Settings: read once from the environment, validated once, frozen. */
import type { z } from 'zod';

/** A setting that cannot be used. The message has one line per setting: what was wanted and what was got. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const SECRET = /SECRET|PASSWORD|KEY|TOKEN/;

/** The settings of a schema whose keys are the names of environment variables. Throws a ConfigError. */
export function loadConfig<T extends z.ZodObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<z.infer<T>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) =>
      env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]],
    ),
  );
  const result = schema.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const got = SECRET.test(name) ? 'something else' : JSON.stringify(given[name]);
    return `${name}: ${issue.message.replace(/^Invalid input: expected /, 'want ').replace(/, received.*$/, '')}, got ${got}`;
  });
  throw new ConfigError(lines.join('\n'));
}
