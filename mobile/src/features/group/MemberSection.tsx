/** What stands around the rows of members: one card, of which each row is a slice. */
import type { ReactNode } from 'react';
import { View } from 'react-native';
import { SearchField } from '../../ui/field';
import { Problem, SkeletonRows } from '../../ui/layout';
import { LinkRow } from '../../ui/link-row';
import { Text } from '../../ui/text';
import { FORM, radius, space, useTheme } from '../../ui/theme';

/** Fewer are seen at once. */
const SEARCHED_FROM = 8;

/** The column of a screen; `edge`: a slice of the card. */
export function Middle({ edge = false, children }: { edge?: boolean; children: ReactNode }) {
  const theme = useTheme();
  return (
    <View
      style={{
        width: '100%',
        maxWidth: FORM,
        alignSelf: 'center',
        ...(edge && {
          backgroundColor: theme.surface,
          borderLeftWidth: 1,
          borderRightWidth: 1,
          borderColor: theme.line,
        }),
      }}
    >
      {children}
    </View>
  );
}

export function SectionStart({
  count,
  query,
  onQuery,
  onAdd,
}: {
  count: number;
  query: string;
  onQuery: (query: string) => void;
  onAdd: (() => void) | undefined;
}) {
  const theme = useTheme();
  return (
    <View style={{ gap: space.s }}>
      <Text size="note" weight="600" tone="muted" style={{ paddingLeft: space.xs }} accessibilityRole="header">
        Members
      </Text>
      <View
        style={{
          backgroundColor: theme.surface,
          borderWidth: 1,
          borderBottomWidth: 0,
          borderColor: theme.line,
          borderTopLeftRadius: radius.l,
          borderTopRightRadius: radius.l,
          paddingTop: space.s,
        }}
      >
        {count >= SEARCHED_FROM && (
          <View style={{ paddingHorizontal: space.l, paddingVertical: space.s }}>
            <SearchField label="Search members" placeholder="Search members" value={query} onChange={onQuery} />
          </View>
        )}
        {onAdd && <LinkRow icon="user-plus" label="Add people" onPress={onAdd} />}
      </View>
    </View>
  );
}

export function SectionEnd({
  loading,
  empty,
  problem,
  onAgain,
}: {
  loading: boolean;
  /** What was searched for, where nobody was found. */
  empty: string | undefined;
  problem: string | undefined;
  onAgain: () => void;
}) {
  const theme = useTheme();
  return (
    <View
      style={{
        backgroundColor: theme.surface,
        borderWidth: 1,
        borderTopWidth: 0,
        borderColor: theme.line,
        borderBottomLeftRadius: radius.l,
        borderBottomRightRadius: radius.l,
        paddingBottom: space.s,
      }}
    >
      {loading && <SkeletonRows count={4} label="Loading members" size={40} />}
      {empty !== undefined && (
        <Text tone="muted" style={{ textAlign: 'center', padding: space.xl }}>
          {empty.trim() === '' ? 'Nobody is here.' : `No member’s name has “${empty.trim()}” in it.`}
        </Text>
      )}
      {problem !== undefined && <Problem text={problem} onAgain={onAgain} />}
    </View>
  );
}
