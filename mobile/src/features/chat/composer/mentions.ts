/** Mentions while a text is written: what is asked for, and what stands in it when it is sent. Places are UTF-16 code units, as in docs/contents.md. */

export interface Mentionable {
  readonly userId: string;
  readonly name: string;
}

export interface WrittenMention {
  readonly start: number;
  readonly length: number;
  readonly userId?: string;
  readonly all?: boolean;
}

/** Stands for all members in a list of who can be mentioned. */
export const ALL: Mentionable = { userId: '', name: 'all' };

const ASKING = /(^|\s)@([^\s@]{0,30})$/u;

/** What was written behind an @ at the end; undefined where nobody is asked for. */
export const askedFor = (text: string): string | undefined => ASKING.exec(text)?.[2];

/** The text with somebody in place of what asked for them. */
export const withMention = (text: string, { name }: Mentionable): string =>
  text.replace(ASKING, (_, before: string) => `${before}@${name} `);

/** Those whose name, or a word of it, begins so. */
export function found(people: readonly Mentionable[], asked: string): readonly Mentionable[] {
  const begins = asked.toLowerCase();
  return people.filter(({ name }) =>
    `${name} ${name.replaceAll(' ', '')}`
      .toLowerCase()
      .split(' ')
      .some((word) => word.startsWith(begins)),
  );
}

/** Who is mentioned in a text: the longest name at each @. */
export function mentionsIn(text: string, people: readonly Mentionable[]): readonly WrittenMention[] {
  const longest = [...people].sort((a, b) => b.name.length - a.name.length);
  const mentions: WrittenMention[] = [];
  for (let start = text.indexOf('@'); start >= 0; start = text.indexOf('@', start + 1)) {
    const person = longest.find(
      ({ name }) => text.startsWith(name, start + 1) && !goesOn(text, start + 1 + name.length),
    );
    if (!person || (start > 0 && !/\s|[([{]/u.test(text[start - 1] ?? ''))) continue;
    const length = person.name.length + 1;
    mentions.push(person === ALL ? { start, length, all: true } : { start, length, userId: person.userId });
  }
  return mentions;
}

/** Whether a word goes on at a place. */
const goesOn = (text: string, place: number): boolean => /[\p{L}\p{N}_]/u.test(text.slice(place, place + 1));
