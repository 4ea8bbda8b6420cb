/** Something that is asked for when a dialog opens, and again when `key` changes or somebody wants it. */
import { useCallback, useEffect, useState } from 'react';
import { sentence } from '../../../ui/format';

export interface Asked<T> {
  /** Undefined: not here yet. What was here stays while it is asked for again. */
  readonly value: T | undefined;
  readonly problem: string;
  readonly again: () => void;
}

export function useAsked<T>(ask: () => Promise<T>, key: string): Asked<T> {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState('');
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `ask` is another function each time; `key` and `tries` say when
  useEffect(() => {
    let stays = true;
    ask().then(
      (found) => {
        if (!stays) return;
        setValue(found);
        setProblem('');
      },
      (error: Error) => stays && setProblem(sentence(error.message)),
    );
    return () => {
      stays = false;
    };
  }, [key, tries]);
  const again = useCallback(() => setTries((before) => before + 1), []);
  return { value, problem, again };
}
