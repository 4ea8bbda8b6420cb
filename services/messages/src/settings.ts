/** The rules of what members may do in a group, and what new ones see. Pure. */
import type { Command } from '@clatter/contracts/messages';
import type { MemberRole } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { DISAPPEAR_SECONDS_MAX, DISAPPEAR_SECONDS_MIN } from './expiry.ts';
import { refusalOf } from './permissions.ts';

/** Who may send, add, mention all or pin: all members, or the owner and admins. */
const LEAST: readonly (MemberRole | undefined)[] = [undefined, 'member', 'admin'];
const ROLES = ['sendRole', 'addRole', 'mentionAllRole', 'pinRole'] as const;

const isTimer = (seconds: number): boolean =>
  seconds === 0 || (seconds >= DISAPPEAR_SECONDS_MIN && seconds <= DISAPPEAR_SECONDS_MAX);

export function changeSettings(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const change = command.changeSettings as NonNullable<Command['changeSettings']>;
  const { fullHistory, disappearAfterSeconds } = change;
  // Two people who talk to each other have a timer, and no other settings.
  const timerAlone =
    disappearAfterSeconds !== undefined &&
    ROLES.every((name) => change[name] === undefined) &&
    fullHistory === undefined;
  const refusal =
    (timerAlone ? undefined : refusalOf(state, command.senderId, 'change settings')) ??
    (disappearAfterSeconds === undefined ? undefined : refusalOf(state, command.senderId, 'set the timer'));
  if (refusal) return reject('FORBIDDEN', refusal);
  for (const name of ROLES)
    if (!LEAST.includes(change[name]))
      return reject('INVALID', `settings.${name}: want member or admin, got ${change[name]}`);
  if (disappearAfterSeconds !== undefined && !isTimer(disappearAfterSeconds))
    return reject(
      'INVALID',
      `settings.disappearAfterSeconds: want 0 or ${DISAPPEAR_SECONDS_MIN} to ${DISAPPEAR_SECONDS_MAX}, got ${disappearAfterSeconds}`,
    );
  const changed = { ...state.details.settings };
  for (const name of ROLES) changed[name] = change[name] ?? changed[name];
  changed.fullHistory = fullHistory ?? changed.fullHistory;
  changed.disappearAfterSeconds = disappearAfterSeconds ?? changed.disappearAfterSeconds;
  return append(next(state, submitted, { settingsChanged: { settings: changed } }));
}
