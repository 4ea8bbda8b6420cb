/**
 * The token of an invite: 48 characters of base64url for 36 bytes, the conversation's id and a secret. Whoever has it finds the log that
 * decides; what is in the log and in the store is its SHA-256 alone.
 */
import { createHash } from 'node:crypto';

const ID_BYTES = 16;
const SECRET_BYTES = 20;
const TOKEN = /^[A-Za-z0-9_-]{48}$/;
const INVITE_ID = /^[0-9a-f]{64}$/;

export interface InviteToken {
  readonly token: string;
  readonly conversationId: string;
  /** What the invite is known by, also to those who may not join by it. */
  readonly inviteId: string;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** @param secret of 20 bytes */
export function inviteTokenOf(conversationId: string, secret: Uint8Array): InviteToken {
  if (secret.length !== SECRET_BYTES) throw new Error(`want a secret of ${SECRET_BYTES} bytes, got ${secret.length}`);
  const token = Buffer.concat([Buffer.from(conversationId.replaceAll('-', ''), 'hex'), secret]).toString('base64url');
  return { token, conversationId, inviteId: hashOf(token) };
}

/** Undefined for what is no token. */
export function readInviteToken(token: string): InviteToken | undefined {
  if (!TOKEN.test(token)) return undefined;
  const hex = Buffer.from(token, 'base64url').subarray(0, ID_BYTES).toString('hex');
  const conversationId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { token, conversationId, inviteId: hashOf(token) };
}

/** The id of an invite that is named by its token or by its id. Undefined for what is neither. */
export const inviteIdOf = (text: string): string | undefined =>
  INVITE_ID.test(text) ? text : readInviteToken(text)?.inviteId;
