/** Usernames that nobody takes, for people would believe them to speak for the installation. */

const RESERVED = [
  'abuse',
  'admin',
  'administrator',
  'clatter',
  'deleted',
  'helpdesk',
  'moderator',
  'noreply',
  'postmaster',
  'root',
  'security',
  'support',
  'system',
  'webmaster',
];

/** As it is read in passing: whatever the case and the points between, and of letters and digits that look alike one. */
const look = (username: string): string =>
  username
    .toLowerCase()
    .replace(/[._-]/g, '')
    .replace(/[1i]/g, 'l')
    .replace(/0/g, 'o')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w');

const LOOKS: ReadonlySet<string> = new Set(RESERVED.map(look));

export const isReserved = (username: string): boolean => LOOKS.has(look(username));
