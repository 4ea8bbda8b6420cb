/** The rules of what members may do in a group, and what new ones see. Pure. */
import type { Command } from '@clatter/contracts/messages';
import type { MemberRole } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { DISAPPEAR_SECONDS_MAX, DISAPPEAR_SECONDS_MIN } from './expiry.ts';
import { refusalOf } from './permissions.ts';

/** Who may send, or add: all, or the owner and admins. */
const LEAST: readonly (MemberRole | undefined)[] = [undefined, 'member', 'admin'];

const isTimer = (seconds: number): boolean =>
  seconds === 0 || (seconds >= DISAPPEAR_SECONDS_MIN && seconds <= DISAPPEAR_SECONDS_MAX);

export function changeSettings(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const { sendRole, addRole, fullHistory, disappearAfterSeconds } = command.changeSettings as NonNullable<
    Command['changeSettings']
  >;
  // Two people who talk to each other have a timer, and no other settings.
  const timerAlone = disappearAfterSeconds !== undefined && (sendRole ?? addRole ?? fullHistory) === undefined;
  const refusal =
    (timerAlone ? undefined : refusalOf(state, command.senderId, 'change settings')) ??
    (disappearAfterSeconds === undefined ? undefined : refusalOf(state, command.senderId, 'set the timer'));
  if (refusal) return reject('FORBIDDEN', refusal);
  if (!LEAST.includes(sendRole)) return reject('INVALID', `settings.sendRole: want member or admin, got ${sendRole}`);
  if (!LEAST.includes(addRole)) return reject('INVALID', `settings.addRole: want member or admin, got ${addRole}`);
  if (disappearAfterSeconds !== undefined && !isTimer(disappearAfterSeconds))
    return reject(
      'INVALID',
      `settings.disappearAfterSeconds: want 0 or ${DISAPPEAR_SECONDS_MIN} to ${DISAPPEAR_SECONDS_MAX}, got ${disappearAfterSeconds}`,
    );
  const { settings } = state.details;
  const changed = {
    sendRole: sendRole ?? settings.sendRole,
    addRole: addRole ?? settings.addRole,
    fullHistory: fullHistory ?? settings.fullHistory,
    disappearAfterSeconds: disappearAfterSeconds ?? settings.disappearAfterSeconds,
  };
  return append(next(state, submitted, { settingsChanged: { settings: changed } }));
}
