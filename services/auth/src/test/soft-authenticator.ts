/** An authenticator of passkeys without a device: one key (ES256), always unlocked, that does not count, as those that sync do not. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

export class SoftAuthenticator {
  readonly #id = randomBytes(16);
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** What `navigator.credentials.create` would give for these options, as JSON. */
  create(options: string): string {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const point = [hex('215820'), Buffer.from(x, 'base64url'), hex('225820'), Buffer.from(y, 'base64url')];
    // COSE (RFC 9053): an EC2 key for ES256 on P-256. Before it an unknown model, and the id with its length.
    const credential = [Buffer.alloc(16), hex('0010'), this.#id, hex('a5010203262001'), ...point];
    const data = Buffer.concat([this.#data(HAS_CREDENTIAL), ...credential]);
    const parts = [hex('a363'), 'fmt', hex('64'), 'none', hex('67'), 'attStmt', hex('a068'), 'authData', hex('58')];
    const attestation = [...parts.map((part) => Buffer.from(part as string)), Buffer.from([data.length]), data];
    return this.#answer({
      clientDataJSON: this.#clientData('webauthn.create', options).toString('base64url'),
      attestationObject: Buffer.concat(attestation).toString('base64url'),
    });
  }

  /** The same for `navigator.credentials.get`. */
  get(options: string): string {
    const clientData = this.#clientData('webauthn.get', options);
    const data = this.#data(0);
    const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), this.#keys.privateKey);
    return this.#answer({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
    });
  }

  #clientData(type: string, options: string): Buffer {
    const { challenge } = JSON.parse(options) as { challenge: string };
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin }));
  }

  #data(flags: number): Buffer {
    const allFlags = Buffer.from([USER_PRESENT | USER_VERIFIED | flags]);
    return Buffer.concat([sha256(new URL(this.#origin).hostname), allFlags, Buffer.alloc(4)]);
  }

  #answer(response: Readonly<Record<string, string>>): string {
    const id = this.#id.toString('base64url');
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }
}
