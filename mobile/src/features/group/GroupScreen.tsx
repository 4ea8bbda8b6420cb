/** A group: what it is, who is in it, and what one may do about that. */
import type { ConversationView, Member } from '@clatter/client';
import { useMemo, useState } from 'react';
import { FlatList, View } from 'react-native';
import { nounOf } from '../../store/conversations';
import { useMembers } from '../../store/members';
import { usePeople } from '../../store/people';
import { useClient } from '../../sync/session';
import { Button } from '../../ui/button';
import { placeOf } from '../../ui/place';
import { space } from '../../ui/theme';
import { Screen } from '../shell/Screen';
import { GroupHead, type GroupPage } from './GroupHead';
import { LeaveButton } from './LeaveButton';
import { MemberMenu, type OpenedMember } from './MemberMenu';
import { MemberRow } from './MemberRow';
import { Middle, SectionEnd, SectionStart } from './MemberSection';
import { membersFound } from './members-found';
import { rightsOf } from './rights';

export function GroupScreen({
  conversation,
  onBack,
  onLeft,
  onChat,
  onPage,
}: {
  conversation: ConversationView;
  onBack: () => void;
  onLeft: () => void;
  onChat: (conversationId: string) => void;
  onPage: (page: GroupPage) => void;
}) {
  const client = useClient();
  const people = usePeople();
  const { conversationId, role } = conversation;
  const rights = rightsOf(conversation);
  const isMember = role !== 'none';
  const members = useMembers(conversationId, isMember);
  const [query, setQuery] = useState('');
  const [opened, setOpened] = useState<OpenedMember>();
  const { version } = people;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says that names came
  const found = useMemo(
    () => membersFound(members.items, query, client.userId, (userId) => people.user(userId)),
    [members.items, query, people, version, client.userId],
  );
  // Those who are found stand at the top, and not below what the group is.
  const searching = query.trim() !== '';
  const failed = members.state === 'failed';
  return (
    <Screen title={nounOf(conversation.kind)} onBack={onBack}>
      <FlatList
        data={(isMember ? found : []) as Member[]}
        keyExtractor={({ userId }) => userId}
        keyboardShouldPersistTaps="handled"
        initialNumToRender={20}
        onEndReached={members.more}
        contentContainerStyle={{ padding: space.l, paddingVertical: space.xl }}
        extraData={version}
        ListHeaderComponent={
          <Middle>
            {!searching && <GroupHead conversation={conversation} rights={rights} onPage={onPage} />}
            {isMember && (
              <SectionStart
                count={conversation.memberCount}
                query={query}
                onQuery={setQuery}
                onAdd={rights.adds && !searching ? () => onPage('add') : undefined}
              />
            )}
          </Middle>
        }
        renderItem={({ item }) => {
          const own = item.userId === client.userId;
          return (
            <Middle edge>
              <MemberRow
                member={item}
                own={own}
                onPress={own ? undefined : (event) => setOpened({ member: item, place: placeOf(event) })}
              />
            </Middle>
          );
        }}
        ListFooterComponent={
          isMember ? (
            <Middle>
              <SectionEnd
                loading={members.state === 'loading'}
                empty={members.state === 'done' && found.length === 0 ? query : undefined}
                problem={failed ? members.problem : undefined}
                onAgain={members.again}
              />
              {members.hasMore && members.state === 'done' && (
                <Button label="Show more members" kind="plain" onPress={members.more} />
              )}
              {!searching && (
                <View style={{ marginTop: space.xl, alignItems: 'center' }}>
                  <LeaveButton conversation={conversation} onLeft={onLeft} />
                </View>
              )}
            </Middle>
          ) : null
        }
      />
      {opened && (
        <MemberMenu
          conversation={conversation}
          opened={opened}
          rights={rights}
          onClose={() => setOpened(undefined)}
          onChat={onChat}
        />
      )}
    </Screen>
  );
}
