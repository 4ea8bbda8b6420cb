/** Asks before something that cannot be taken back. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { View } from 'react-native';
import { Button } from './button';
import { Dialog } from './dialog';
import { Text } from './text';
import { space } from './theme';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button says that does it. */
  readonly action: string;
}

type Ask = (question: Question) => Promise<boolean>;

const ConfirmContext = createContext<Ask>(async () => false);

/** Resolves with whether the person wants it. */
export const useConfirm = (): Ask => useContext(ConfirmContext);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ readonly question: Question; readonly answer: (wanted: boolean) => void }>();
  const ask = useCallback<Ask>((question) => new Promise((resolve) => setAsked({ question, answer: resolve })), []);
  const done = useMemo(
    () => (wanted: boolean) => {
      asked?.answer(wanted);
      setAsked(undefined);
    },
    [asked],
  );
  return (
    <ConfirmContext.Provider value={ask}>
      {children}
      {asked && (
        <Dialog title={asked.question.title} onClose={() => done(false)} closable={false}>
          <View style={{ paddingHorizontal: space.l + space.xs, paddingBottom: space.l, gap: space.l }}>
            <Text tone="muted">{asked.question.text}</Text>
            <View style={{ flexDirection: 'row', justifyContent: 'flex-end', flexWrap: 'wrap', gap: space.s }}>
              <Button label="Cancel" kind="plain" onPress={() => done(false)} />
              <Button label={asked.question.action} kind="dangerFilled" onPress={() => done(true)} />
            </View>
          </View>
        </Dialog>
      )}
    </ConfirmContext.Provider>
  );
}
