/** Who may be meant by an @, above the field. */
import { View } from 'react-native';
import { Avatar } from '../../../ui/avatar';
import { Row } from '../../../ui/button';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';
import { ALL, type Mentionable } from './mentions';

const SHOWN_MAX = 5;

export function MentionList({
  people,
  onPick,
}: {
  people: readonly Mentionable[];
  onPick: (person: Mentionable) => void;
}) {
  const theme = useTheme();
  return (
    <View
      role="list"
      aria-label="People to mention"
      style={{
        backgroundColor: theme.raised,
        borderWidth: 1,
        borderColor: theme.line,
        borderRadius: radius.m,
        paddingVertical: space.xs,
      }}
    >
      {people.slice(0, SHOWN_MAX).map((person, index) => (
        <Row key={person.userId} selected={index === 0} label={`Mention ${person.name}`} onPress={() => onPick(person)}>
          <Avatar id={person.userId} name={person.name} size={28} group={person === ALL} />
          <Text weight="500" numberOfLines={1} style={{ flex: 1, textAlign: 'left' }}>
            {person === ALL ? 'all' : person.name}
          </Text>
          {person === ALL && (
            <Text size="small" tone="muted">
              everybody in this group
            </Text>
          )}
        </Row>
      ))}
    </View>
  );
}
