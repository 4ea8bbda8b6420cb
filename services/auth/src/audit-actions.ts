/** What the audit log tells of: the names are part of the outside contract, and stay. */
export type AuditAction = keyof typeof auditActions;

export const auditActions = {
  'account.registered': 'An account was made',
  'account.deleted': 'An account was erased',
  'profile.changed': 'The profile was changed',
  'login.succeeded': 'Somebody logged in; the target is the session',
  'login.failed': 'A login was refused, for the password or whatever else was shown',
  'session.revoked': 'A session was ended; the target is the session',
  'sessions.revoked': 'All sessions were ended, or all others',
  'mfa.enabled': 'Logins ask for a code of an authenticator from now on',
  'mfa.disabled': 'Logins ask for no such code any more',
  'passkey.added': 'A passkey was added; the target is the passkey',
  'passkey.removed': 'A passkey was removed; the target is the passkey',
  'refresh.reused': 'A refresh token came that was used before: its session was ended',
} as const satisfies Readonly<Record<string, string>>;
