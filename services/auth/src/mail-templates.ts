/** What people are told, as text and as HTML. One place for the words; no word of what they wrote. */
import { inGroups } from './codes.ts';

/** What became of an account, told to its owner. */
export type Notice =
  | 'passwordChanged'
  | 'passwordReset'
  | 'emailChangeAsked'
  | 'emailChanged'
  | 'emailRemoved'
  | 'phoneChanged'
  | 'phoneRemoved'
  | 'addressTaken'
  | 'refreshReused'
  | 'mfaOn'
  | 'mfaOff'
  | 'passkeyAdded'
  | 'passkeyRemoved';

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Voice {
  /** What people call the app. */
  readonly appName: string;
  /** Where links lead, without a slash at the end; empty: there are none. */
  readonly linkUrl: string;
}

interface Draft {
  readonly subject: string;
  readonly lines: readonly string[];
  readonly code?: string;
  readonly link?: { readonly label: string; readonly url: string };
}

const NOT_YOU = 'If this was not you, set a new password at once: somebody else may know the one you have.';

const NOTICES: Readonly<Record<Notice, (app: string) => readonly [subject: string, ...lines: string[]]>> = {
  passwordChanged: (app) => [
    `Your ${app} password was changed`,
    `The password of your ${app} account was changed. All other devices were logged out.`,
    NOT_YOU,
  ],
  passwordReset: (app) => [
    `Your ${app} password was reset`,
    `The password of your ${app} account was set anew with a code that was sent to this address. All devices were logged out.`,
    NOT_YOU,
  ],
  emailChangeAsked: (app) => [
    `A new address for your ${app} account`,
    `Somebody who knows your password asked to use another e-mail address for your ${app} account. It is used once its code was entered.`,
    NOT_YOU,
  ],
  emailChanged: (app) => [
    `The address of your ${app} account was changed`,
    `Your ${app} account has another e-mail address now. You get this at the address until now and at the new one.`,
    NOT_YOU,
  ],
  emailRemoved: (app) => [
    `This address was removed from your ${app} account`,
    `Your ${app} account no longer has this e-mail address. Without one, a forgotten password cannot be reset.`,
    NOT_YOU,
  ],
  phoneChanged: (app) => [
    `The phone number of your ${app} account was changed`,
    `Your ${app} account has another phone number now.`,
    NOT_YOU,
  ],
  phoneRemoved: (app) => [
    `The phone number of your ${app} account was removed`,
    `Your ${app} account no longer has a phone number.`,
    NOT_YOU,
  ],
  addressTaken: (app) => [
    `You have a ${app} account already`,
    `Somebody named this e-mail address for a ${app} account. It belongs to yours already, so nothing was changed.`,
    'If it was you, log in with the account that you have; if you have forgotten its password, ask for a new one there. If it was not, there is nothing to do.',
  ],
  refreshReused: (app) => [
    `A device was logged out of your ${app} account`,
    `A login of your ${app} account was used from two places: what keeps a device logged in may have been copied. That device was logged out.`,
    'Log in again there. If you do not know how this came about, set a new password, which logs out all other devices.',
  ],
  mfaOn: (app) => [
    `Logins to your ${app} account ask for a code now`,
    `Logins to your ${app} account ask for a code of an authenticator from now on. Keep the recovery codes where you find them without your phone.`,
    NOT_YOU,
  ],
  mfaOff: (app) => [
    `Logins to your ${app} account no longer ask for a code`,
    `The codes of an authenticator were switched off for your ${app} account.`,
    NOT_YOU,
  ],
  passkeyAdded: (app) => [
    `A passkey was added to your ${app} account`,
    `Your ${app} account has a new passkey. Whoever holds it can log in without the password.`,
    'If this was not you, remove it and set a new password at once.',
  ],
  passkeyRemoved: (app) => [
    `A passkey was removed from your ${app} account`,
    `A passkey of your ${app} account was removed. It logs nobody in any more.`,
    NOT_YOU,
  ],
};

export function noticeLetter(notice: Notice, { appName }: Voice): Letter {
  const [subject, ...lines] = NOTICES[notice](appName);
  return letter({ subject, lines });
}

export function verificationLetter(code: string, { appName }: Voice): Letter {
  return letter({
    subject: `${inGroups(code)} is your ${appName} code`,
    lines: [
      `Enter this code in ${appName} to confirm that this address is yours. It is good for ten minutes.`,
      'If you did not ask for it, there is nothing to do. Give it to nobody: we never ask for it.',
    ],
    code: inGroups(code),
  });
}

export function resetLetter(resetId: string, code: string, { appName, linkUrl }: Voice): Letter {
  // Behind the #, which browsers keep to themselves: it is in no log of a server.
  const url = `${linkUrl}/reset-password#id=${resetId}&code=${code}`;
  return letter({
    subject: `A new ${appName} password`,
    lines: [
      `Somebody asked to set a new password for your ${appName} account. With this code it can be set, once, within ten minutes.`,
      'If it was not you, there is nothing to do: your password stays as it is. Give the code to nobody: we never ask for it.',
    ],
    code: inGroups(code),
    ...(linkUrl !== '' && { link: { label: 'Set a new password', url } }),
  });
}

export const verificationText = (code: string, { appName }: Voice): string =>
  `${inGroups(code)} is your ${appName} code. It is good for ten minutes. Give it to nobody.`;

function letter({ subject, lines, code, link }: Draft): Letter {
  const [first = '', ...rest] = lines;
  const text = [first, ...(code ? [`    ${code}`] : []), ...(link ? [`${link.label}:\n${link.url}`] : []), ...rest];
  const paragraph = (line: string): string => `<p>${escaped(line)}</p>`;
  const html = [
    paragraph(first),
    ...(code ? [`<p style="font: bold 24px monospace; letter-spacing: 2px">${escaped(code)}</p>`] : []),
    ...(link ? [`<p><a href="${escaped(link.url)}">${escaped(link.label)}</a></p>`] : []),
    ...rest.map(paragraph),
  ].join('\n');
  const page = `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${escaped(subject)}</title>\n<body style="font: 16px sans-serif; max-width: 36em">\n${html}\n</body></html>\n`;
  return { subject, text: `${text.join('\n\n')}\n`, html: page };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] as string);
