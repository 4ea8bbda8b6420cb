/** Settings: read once from the environment, validated once, frozen. */
import { z } from 'zod';

/** A setting that cannot be used. The message has one line per setting: what was wanted and what was got. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Settings whose values are not shown; the URLs of servers hold passwords. */
const SECRET = /SECRET|PASSWORD|KEY|TOKEN|DATABASE_URL|REDIS_URL|SMTP_URL/;

/** The settings of a schema whose keys are the names of environment variables; an empty variable is none. Throws a ConfigError. */
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
  // A setting may break several rules; what is wanted is said once.
  const lines = new Map<string, string>();
  for (const { path, message } of result.error.issues) {
    const name = String(path[0]);
    const got = name in given ? (SECRET.test(name) ? 'something else' : JSON.stringify(given[name])) : 'nothing';
    const want = message.startsWith('want ') ? message : (wanted(schema.shape[name] as z.ZodType) ?? message);
    lines.set(name, `${name}: ${want}, got ${got}`);
  }
  throw new ConfigError([...lines.values()].join('\n'));
}

/** What a schema wants, in words; nothing where its own message says more. */
function wanted(schema: z.ZodType): string | undefined {
  const { type, enum: choices, minimum, maximum, minLength } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  if (choices) return `want one of ${choices.join(', ')}`;
  if (type === 'integer' || type === 'number') {
    const noun = type === 'integer' ? 'an integer' : 'a number';
    if (maximum === undefined || maximum === Number.MAX_SAFE_INTEGER)
      return minimum === undefined || minimum === Number.MIN_SAFE_INTEGER
        ? `want ${noun}`
        : `want ${noun} from ${minimum} on`;
    return `want ${noun} from ${minimum} to ${maximum}`;
  }
  if (type === 'string' && minLength !== undefined)
    return `want a text of ${minLength} ${minLength === 1 ? 'character' : 'characters'} or more`;
  return undefined;
}
