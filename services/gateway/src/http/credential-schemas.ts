/** The bodies of requests about addresses and passwords. */
import { z } from 'zod';
import { text } from './schemas.ts';

const code = text(50).describe('As it was sent, with or without what is between its parts');

export const emailBody = z.object({ email: text(254) });
export const phoneBody = z.object({ phone: text(40).describe('With the code of its country, such as +49 30 1234567') });
export const addressCodeBody = z.object({ code });
export const passwordBody = z.object({ password: text(1024).describe('The new one') });
export const resetBody = z.object({ login: text(254).describe('Username or e-mail address') });
export const resetConfirmBody = z.object({
  resetId: text(50),
  code,
  password: text(1024).describe('The new one'),
});
