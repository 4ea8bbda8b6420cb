/** Where a poll is made. */
import { useState } from 'react';
import { Modal, Pressable, ScrollView, Switch, View } from 'react-native';
import { Button, IconButton } from '../../../ui/button';
import { Field } from '../../../ui/field';
import { Text } from '../../../ui/text';
import { radius, space, useTheme } from '../../../ui/theme';

const OPTIONS_MAX = 12;

export interface MadePoll {
  readonly question: string;
  readonly options: readonly string[];
  readonly multiple: boolean;
  readonly anonymous: boolean;
}

export function PollForm({ onSend, onClose }: { onSend: (poll: MadePoll) => void; onClose: () => void }) {
  const theme = useTheme();
  const [question, setQuestion] = useState('');
  const [options, setOptions] = useState<readonly string[]>(['', '']);
  const [multiple, setMultiple] = useState(false);
  const [anonymous, setAnonymous] = useState(false);
  const given = options.map((option) => option.trim()).filter((option) => option !== '');
  const ready = question.trim() !== '' && given.length >= 2 && new Set(given).size === given.length;
  const change = (index: number, text: string): void => {
    const next = options.map((option, place) => (place === index ? text : option));
    // There is always room for one more.
    setOptions(next.at(-1) !== '' && next.length < OPTIONS_MAX ? [...next, ''] : next);
  };
  return (
    <Modal transparent animationType="fade" visible onRequestClose={onClose}>
      <View style={{ flex: 1, alignItems: 'center', justifyContent: 'center', padding: space.l }}>
        <Pressable
          accessibilityLabel="Close"
          tabIndex={-1}
          onPress={onClose}
          style={{ position: 'absolute', top: 0, bottom: 0, left: 0, right: 0, backgroundColor: theme.overlay }}
        />
        <View
          role="dialog"
          aria-label="New poll"
          style={{
            width: '100%',
            maxWidth: 440,
            maxHeight: '90%',
            backgroundColor: theme.raised,
            borderRadius: radius.l,
            padding: space.l,
            gap: space.m,
          }}
        >
          <View style={{ flexDirection: 'row', alignItems: 'center' }}>
            <Text size="title" weight="600" style={{ flex: 1, textAlign: 'left' }}>
              New poll
            </Text>
            <IconButton icon="x" label="Close" size={36} onPress={onClose} />
          </View>
          <ScrollView keyboardShouldPersistTaps="handled" contentContainerStyle={{ gap: space.m }}>
            <Field label="Question" value={question} onChangeText={setQuestion} maxLength={300} />
            {options.map((option, index) => (
              <Field
                // biome-ignore lint/suspicious/noArrayIndexKey: an option is its place
                key={index}
                label={`Option ${index + 1}`}
                value={option}
                onChangeText={(text) => change(index, text)}
                maxLength={100}
              />
            ))}
            <Choice label="Several choices" value={multiple} onChange={setMultiple} />
            <Choice label="Anonymous" value={anonymous} onChange={setAnonymous} />
          </ScrollView>
          <Button
            label="Send poll"
            disabled={!ready}
            onPress={() => onSend({ question: question.trim(), options: given, multiple, anonymous })}
          />
        </View>
      </View>
    </Modal>
  );
}

function Choice({ label, value, onChange }: { label: string; value: boolean; onChange: (value: boolean) => void }) {
  const theme = useTheme();
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', minHeight: 36 }}>
      <Text style={{ flex: 1, textAlign: 'left' }}>{label}</Text>
      <Switch
        accessibilityLabel={label}
        value={value}
        onValueChange={onChange}
        trackColor={{ true: theme.accent, false: theme.line }}
      />
    </View>
  );
}
