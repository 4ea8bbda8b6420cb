/** What one may do about a person: keep them among the contacts, block them, and report them to the operator. */
import { useEffect, useState } from 'react';
import { useUser } from '../../store/people';
import { useClient } from '../../sync/session';
import { useConfirm } from '../../ui/confirm';
import { Card } from '../../ui/layout';
import { LinkRow } from '../../ui/link-row';
import { Menu, MenuItem } from '../../ui/menu';
import { useToast } from '../../ui/toast';

const REASONS = [
  ['spam', 'Spam'],
  ['harassment', 'Harassment'],
  ['impersonation', 'Pretends to be somebody else'],
  ['illegal', 'Something illegal'],
  ['other', 'Something else'],
] as const;

export function PersonActs({ userId, name }: { userId: string; name: string }) {
  const { relations } = useClient();
  const toast = useToast();
  const confirm = useConfirm();
  const [reporting, setReporting] = useState(false);
  const username = useUser(userId)?.username;
  /** undefined: not known yet. */
  const [isContact, setIsContact] = useState<boolean>();
  useEffect(() => {
    if (!username) return;
    relations.contacts({ query: username }).then(
      ({ items }) => setIsContact(items.some(({ user }) => user.userId === userId)),
      () => undefined,
    );
  }, [relations, username, userId]);
  const tell = (error: Error): void => toast(error.message);
  const block = async (): Promise<void> => {
    const wanted = await confirm({
      title: `Block ${name || 'this person'}?`,
      text: 'Neither of you can write to the other any more, nor sees whether the other is there. They are not told. It is ended under Privacy in the settings.',
      action: 'Block',
    });
    if (!wanted) return;
    await relations.block(userId);
    toast('Blocked');
  };
  const keep = (wanted: boolean): void => {
    (wanted ? relations.putContact(userId) : relations.removeContact(userId)).then(() => setIsContact(wanted), tell);
  };
  const report = (reason: (typeof REASONS)[number][0]): void => {
    setReporting(false);
    relations.report({ userId, reason }).then(() => toast('Reported to the operator'), tell);
  };
  return (
    <Card flush>
      {isContact !== undefined && (
        <LinkRow
          icon={isContact ? 'user-minus' : 'user-plus'}
          label={isContact ? 'Remove from your contacts' : 'Add to your contacts'}
          onPress={() => keep(!isContact)}
        />
      )}
      <LinkRow icon="slash" label="Block" danger onPress={() => void block().catch(tell)} />
      <LinkRow icon="flag" label="Report" danger onPress={() => setReporting(true)} />
      {reporting && (
        <Menu label="Why" place={undefined} onClose={() => setReporting(false)}>
          {REASONS.map(([reason, label]) => (
            <MenuItem key={reason} icon="flag" label={label} onPress={() => report(reason)} />
          ))}
        </Menu>
      )}
    </Card>
  );
}
