/** What a press in a poll means. */
import type { MessageView } from '@clatter/client';

/** What is chosen after a press on an option. */
export function choice(mine: readonly number[], pressed: number, multiple: boolean): readonly number[] {
  if (mine.includes(pressed)) return mine.filter((option) => option !== pressed);
  return multiple ? [...mine, pressed].sort((a, b) => a - b) : [pressed];
}

export const isOver = ({ content, poll }: MessageView, nowMs: number): boolean =>
  (poll?.closed ?? false) || ((content?.poll?.closesAtMs ?? 0) > 0 && nowMs >= (content?.poll?.closesAtMs ?? 0));
