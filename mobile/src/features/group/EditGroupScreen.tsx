/** The name, description and picture of a group. */
import type { ConversationView } from '@clatter/client';
import { useState } from 'react';
import { View } from 'react-native';
import { useClient } from '../../sync/session';
import { Avatar } from '../../ui/avatar';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { sentence } from '../../ui/format';
import { Card } from '../../ui/layout';
import { Text } from '../../ui/text';
import { useToast } from '../../ui/toast';
import { Column, Screen } from '../shell/Screen';
import { wordFor } from './words';

const TITLE_MAX = 100;
const DESCRIPTION_MAX = 500;
const ADDRESS_MAX = 2048;

export function EditGroupScreen({ conversation, onBack }: { conversation: ConversationView; onBack: () => void }) {
  const client = useClient();
  const toast = useToast();
  const { conversationId } = conversation;
  const word = wordFor(conversation.kind);
  const [title, setTitle] = useState(conversation.title);
  const [description, setDescription] = useState(conversation.description);
  const [picture, setPicture] = useState(conversation.pictureUrl ?? '');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const change = {
    ...(title.trim() !== conversation.title && { title: title.trim() }),
    ...(description.trim() !== conversation.description && { description: description.trim() }),
    ...(picture.trim() !== (conversation.pictureUrl ?? '') && { pictureUrl: picture.trim() }),
  };
  const badPicture = picture.trim() !== '' && !/^https:\/\/\S+\.\S+/.test(picture.trim());
  const same = Object.keys(change).length === 0;

  const save = async (): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await client.rename(conversationId, change);
      toast('Saved');
      onBack();
    } catch (error) {
      setProblem(sentence((error as Error).message));
      setBusy(false);
    }
  };
  return (
    <Screen title={`Edit ${word}`} onBack={onBack}>
      <Column>
        <View style={{ alignItems: 'center' }}>
          <Avatar
            id={conversationId}
            name={title}
            group
            size={96}
            picture={badPicture ? undefined : picture.trim() || undefined}
          />
        </View>
        <Card>
          <Field label={`Name of the ${word}`} value={title} onChangeText={setTitle} maxLength={TITLE_MAX} />
          <Field
            label="Description"
            value={description}
            onChangeText={setDescription}
            maxLength={DESCRIPTION_MAX}
            placeholder={`What is this ${word} about?`}
            multiline
            numberOfLines={4}
          />
          <Field
            label="Address of a picture"
            value={picture}
            onChangeText={setPicture}
            maxLength={ADDRESS_MAX}
            placeholder="https://example.org/picture.png"
            autoCapitalize="none"
            autoCorrect={false}
            inputMode="url"
            hint="Square ones look best. Leave it empty for the initials."
            error={badPicture ? 'An address that begins with https://' : undefined}
          />
          {problem !== '' && (
            <Text size="note" tone="danger" accessibilityLiveRegion="polite">
              {problem}
            </Text>
          )}
          <Button
            label="Save"
            busy={busy}
            disabled={same || badPicture || title.trim() === ''}
            onPress={() => void save()}
          />
        </Card>
      </Column>
    </Screen>
  );
}
