/** What a message may say: each kind of content is checked here, so that what is in the log is well-formed. Pure. docs/contents.md describes them. */
import {
  ClatterError,
  type Contact,
  Content,
  type Custom,
  type Input,
  type Location,
  type Poll,
  type Text,
} from '@clatter/wire';
import { checkId } from './ids.ts';

export const TEXT_BYTES_MAX = 16_384;
const OPAQUE_BYTES_MAX = 65_536;
const MENTIONS_MAX = 100;
const NAME_MAX = 200;
const WAYS_MAX = 10;
const PHONE_MAX = 50;
const EMAIL_MAX = 254;
const ACCURACY_M_MAX = 100_000;
/** How long a place may move. */
const LIVE_MS_MAX = 8 * 3_600_000;
const JSON_BYTES_MAX = 32_768;
const JSON_DEPTH_MAX = 16;
const FALLBACK_MAX = 500;
const QUESTION_MAX = 300;
const OPTIONS_MAX = 12;
const OPTION_MAX = 100;

export const invalid = (message: string): ClatterError => new ClatterError('INVALID', message);

export const utf8Length = (text: string): number => Buffer.byteLength(text, 'utf8');

const checks = {
  text: checkText,
  opaque: checkOpaque,
  contact: checkContact,
  location: checkLocation,
  custom: checkCustom,
  poll: checkPoll,
};
const KINDS = Object.keys(checks) as (keyof typeof checks)[];

/** What is said is kept exactly as it came; only ids are put in lower case, and what is none is refused. Throws INVALID. */
export function checkContent(field: string, content: Input<Content> | undefined): Content {
  if (!content) throw invalid(`${field}: want a content`);
  const given = KINDS.filter((kind) => content[kind] !== undefined);
  const [kind] = given;
  if (kind === undefined) throw invalid(`${field}: want ${KINDS.slice(0, -1).join(', ')} or ${KINDS.at(-1)}`);
  if (given.length > 1) throw invalid(`${field}: want only one of ${given.join(' and ')}`);
  const check = checks[kind] as (at: string, value: unknown) => unknown;
  return Content.create({ [kind]: check(`${field}.${kind}`, content[kind]) });
}

/** A text of a person's, of which only what no text is, is refused. Throws INVALID. */
export function checkBody(at: string, body: string): void {
  if (body === '') throw invalid(`${at}: want at least one character`);
  if (body.includes('\0')) throw invalid(`${at}: want text without U+0000`);
  if (!body.isWellFormed()) throw invalid(`${at}: want text without unpaired surrogates`);
  const bytes = body.length * 3 > TEXT_BYTES_MAX ? utf8Length(body) : 0;
  if (bytes > TEXT_BYTES_MAX) throw invalid(`${at}: want at most ${TEXT_BYTES_MAX} bytes of UTF-8, got ${bytes}`);
}

function checkText(at: string, text: Input<Text>): Input<Text> {
  const { body = '', mentions = [] } = text;
  checkBody(`${at}.body`, body);
  if (mentions.length === 0) return { body, mentions: [] };
  if (mentions.length > MENTIONS_MAX)
    throw invalid(`${at}.mentions: want at most ${MENTIONS_MAX}, got ${mentions.length}`);
  let end = 0;
  const checked = mentions.map(({ start = 0, length = 0, userId, all = false }, index) => {
    const place = `${at}.mentions[${index}]`;
    if (start < end) throw invalid(`${place}.start: want ${end} or more, behind the one before, got ${start}`);
    end = start + length;
    if (length < 1 || end > body.length)
      throw invalid(
        `${place}.length: want 1 or more within the ${body.length} code units of the text, got ${length} from ${start}`,
      );
    if (all === (userId !== undefined))
      throw invalid(`${place}: want either a userId or all, got ${all ? 'both' : 'neither'}`);
    return all ? { start, length, all } : { start, length, userId: checkId(`${place}.userId`, userId), all };
  });
  return { body, mentions: checked };
}

function checkOpaque(at: string, { type = '', data = new Uint8Array(0) }: Input<NonNullable<Content['opaque']>>) {
  if (type === '' || type.length > 100 || !type.isWellFormed() || type.includes('\0'))
    throw invalid(`${at}.type: want 1 to 100 characters`);
  if (data.length > OPAQUE_BYTES_MAX)
    throw invalid(`${at}.data: want at most ${OPAQUE_BYTES_MAX} bytes, got ${data.length}`);
  return { type, data };
}

function checkContact(at: string, { userId, name = '', phones = [], emails = [] }: Input<Contact>): Input<Contact> {
  if (userId === undefined && name === '') throw invalid(`${at}: want a userId or a name, got neither`);
  const checked = {
    name: checkLine(`${at}.name`, name, 0, NAME_MAX),
    phones: checkWays(`${at}.phones`, phones, 1, PHONE_MAX),
    emails: checkWays(`${at}.emails`, emails, 3, EMAIL_MAX),
  };
  return userId === undefined ? checked : { userId: checkId(`${at}.userId`, userId), ...checked };
}

function checkWays(at: string, ways: readonly string[], min: number, max: number): string[] {
  if (ways.length > WAYS_MAX) throw invalid(`${at}: want at most ${WAYS_MAX}, got ${ways.length}`);
  return ways.map((way, index) => checkLine(`${at}[${index}]`, way, min, max));
}

function checkLocation(at: string, location: Input<Location>): Input<Location> {
  const { latitude = 0, longitude = 0, accuracyM = 0, name = '', liveForMs = 0 } = location;
  const within = (field: string, value: number, min: number, max: number): number => {
    if (!(value >= min && value <= max)) throw invalid(`${at}.${field}: want ${min} to ${max}, got ${value}`);
    return value;
  };
  return {
    latitude: within('latitude', latitude, -90, 90),
    longitude: within('longitude', longitude, -180, 180),
    accuracyM: within('accuracyM', accuracyM, 0, ACCURACY_M_MAX),
    name: checkLine(`${at}.name`, name, 0, NAME_MAX),
    liveForMs: within('liveForMs', liveForMs, 0, LIVE_MS_MAX),
  };
}

function checkCustom(at: string, { type = '', json = '', fallback = '' }: Input<Custom>): Input<Custom> {
  if (!/^[A-Za-z0-9._\-/+]{1,100}$/.test(type))
    throw invalid(`${at}.type: want 1 to 100 letters, digits and "._-/+", got ${type.length} characters`);
  const bytes = utf8Length(json);
  if (bytes > JSON_BYTES_MAX) throw invalid(`${at}.json: want at most ${JSON_BYTES_MAX} bytes of UTF-8, got ${bytes}`);
  const depth = depthOf(json);
  if (depth > JSON_DEPTH_MAX) throw invalid(`${at}.json: want at most ${JSON_DEPTH_MAX} levels, got ${depth}`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid(`${at}.json: want JSON, got ${bytes} bytes that are none`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${at}.json: want an object, got ${Array.isArray(value) ? 'a list' : `${value}`.slice(0, 40)}`);
  return { type, json, fallback: checkLine(`${at}.fallback`, fallback, 0, FALLBACK_MAX) };
}

function checkPoll(at: string, poll: Input<Poll>): Input<Poll> {
  const { question = '', options = [], multiple = false, anonymous = false, closesAtMs = 0 } = poll;
  checkLine(`${at}.question`, question, 1, QUESTION_MAX);
  if (options.length < 2 || options.length > OPTIONS_MAX)
    throw invalid(`${at}.options: want 2 to ${OPTIONS_MAX}, got ${options.length}`);
  options.forEach((option, index) => {
    checkLine(`${at}.options[${index}]`, option, 1, OPTION_MAX);
    const first = options.indexOf(option);
    if (first !== index) throw invalid(`${at}.options[${index}]: want another one than options[${first}]`);
  });
  return { question, options, multiple, anonymous, closesAtMs };
}

/** How deep brackets are nested outside of strings: known before anything is parsed. */
function depthOf(json: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth--;
  }
  return deepest;
}

/** One line for people to read, of so many characters. */
export function checkLine(at: string, text: string, min: number, max: number): string {
  const length = text.length > max * 2 ? text.length : [...text].length;
  if (length < min || length > max) throw invalid(`${at}: want ${min} to ${max} characters, got ${length}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!text.isWellFormed() || /[\u0000-\u001f\u007f]/.test(text))
    throw invalid(`${at}: want text without control characters`);
  return text;
}
