/** The rules of what members may do in a group, and what new ones see. Pure. */
import type { Command } from '@clatter/contracts/messages';
import type { MemberRole } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { refusalOf } from './permissions.ts';

/** Who may send, or add: all, or the owner and admins. */
const LEAST: readonly (MemberRole | undefined)[] = [undefined, 'member', 'admin'];

export function changeSettings(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const { sendRole, addRole, fullHistory } = command.changeSettings as NonNullable<Command['changeSettings']>;
  const refusal = refusalOf(state, command.senderId, 'change settings');
  if (refusal) return reject('FORBIDDEN', refusal);
  if (!LEAST.includes(sendRole)) return reject('INVALID', `settings.sendRole: want member or admin, got ${sendRole}`);
  if (!LEAST.includes(addRole)) return reject('INVALID', `settings.addRole: want member or admin, got ${addRole}`);
  const { settings } = state.details;
  const changed = {
    sendRole: sendRole ?? settings.sendRole,
    addRole: addRole ?? settings.addRole,
    fullHistory: fullHistory ?? settings.fullHistory,
  };
  return append(next(state, submitted, { settingsChanged: { settings: changed } }));
}
