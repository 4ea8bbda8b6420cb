/** The bodies of what is about second factors and proofs. */
import { z } from 'zod';

const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'want text without U+0000');

const credential = z
  .looseObject({ id: z.string().max(2000), response: z.looseObject({}) })
  .describe('`toJSON()` of what navigator.credentials gave')
  .transform((value) => JSON.stringify(value));

const second = {
  assertion: credential.optional(),
  code: text(20).optional().describe('A one-time code of the authenticator'),
  recoveryCode: text(64).optional().describe('A recovery code; each is good once'),
};
export const proofBody = z
  .object({ password: text(1024).optional(), ...second })
  .describe('One of them; where logins want a second factor, not the password');
export const mfaLoginBody = z.object({ mfaToken: text(100), ...second });
export const askPasskeyBody = z.object({ mfaToken: text(100).optional() }).default({});
export const passkeyLoginBody = z.object({
  assertion: credential,
  device: z.object({ name: text(100).default(''), platform: text(30).default('') }).optional(),
});
export const passkeyBody = z
  .object({ name: text(100).default(''), attestation: credential })
  .describe('A name, and what the browser made');
export const passkeyNameBody = z.object({ name: text(100) });
export const codeBody = z.object({ code: text(20) });

export const ssoStartQuery = z.object({
  returnUrl: text(2000).describe('Where the browser goes at the end: one of the settings'),
  bind: z
    .enum(['cookie', 'secret'])
    .default('cookie')
    .describe('What ties the end to the begin: a cookie of this browser, or a secret that an app keeps'),
});
export const ssoCodeBody = z.object({
  code: text(100),
  secret: text(100).optional().describe('That of the begin, where no cookie has it'),
});
export const ssoLoginBody = ssoCodeBody.extend({
  device: z.object({ name: text(100).default(''), platform: text(30).default('') }).optional(),
});
