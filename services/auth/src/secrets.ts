/** The secret of this installation, and what is sealed and derived with it. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '@clatter/runtime';

const SECRET_BYTES = 32;

/**
 * The secret from the setting, else from a file that only this user reads; made when there is none. The file is there whole or not at
 * all, whenever the process is killed. Throws a StartError where it is not what was made.
 */
export function loadSecret(setting: string | undefined, file: string): Buffer {
  if (setting !== undefined) return Buffer.from(setting);
  const kept = readSecret(file);
  if (kept) return kept;
  const secret = randomBytes(SECRET_BYTES);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, secret, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return secret;
}

function readSecret(file: string): Buffer | undefined {
  let secret: Buffer;
  try {
    secret = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(`the secret in ${file} cannot be read: ${(error as Error).message}`);
  }
  if (secret.length !== SECRET_BYTES)
    throw new StartError(`the secret in ${file} was changed: want ${SECRET_BYTES} bytes, got ${secret.length}`);
  return secret;
}

const keyFor = (secret: Buffer, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));

/** AES-256-GCM: 12 bytes of nonce, 16 of tag, the rest. */
export function seal(secret: Buffer, plain: string): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, 'seal'), nonce);
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), sealed]));
}

/** Throws where the secret is another one or the bytes were changed. */
function unseal(secret: Buffer, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, 'seal'), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}

/** Undefined where none of the secrets sealed it. */
export function unsealWithAny(secrets: readonly Buffer[], sealed: Uint8Array): string | undefined {
  for (const secret of secrets) {
    try {
      return unseal(secret, sealed);
    } catch {
      // Another one.
    }
  }
  return undefined;
}

export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/**
 * The token that follows another: the same for every copy of a request, and for nobody without the secret.
 * @param lateAnswers how often its successor was replaced by another one
 */
export const nextRefreshToken = (secret: Buffer, token: string, lateAnswers = 0): string =>
  createHmac('sha256', keyFor(secret, 'refresh'))
    .update(lateAnswers === 0 ? token : `${token} ${lateAnswers}`)
    .digest('base64url');

/** What makes an invite's token hard to guess: 20 bytes, which follow from the command that asks for the invite. */
export const inviteSecret = (secret: Buffer, command: readonly string[]): Uint8Array =>
  new Uint8Array(createHmac('sha256', keyFor(secret, 'invite')).update(command.join(' ')).digest().subarray(0, 20));

/** What codes of mails and text messages follow from, by their ids. */
export const codeKey = (secret: Buffer): Buffer => keyFor(secret, 'codes');

export const hashToken = (token: string): Uint8Array => new Uint8Array(createHash('sha256').update(token).digest());
