/** How the person who is logged in proves who they are: second factors, passkeys and recent proofs, by HTTP. */
import type { Api } from './api.ts';
import type { MfaView, PasskeyView, Proof } from './types.ts';

export class Factors {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** After REAUTHENTICATION_REQUIRED: until the time that is answered (ms), the session may do what is dangerous. */
  async reauthenticate(proof: Proof): Promise<number> {
    const { provedUntilMs } = (await this.#api.call('POST', '/v1/me/reauthenticate', { ...proof })) as {
      provedUntilMs: string;
    };
    return Number(provedUntilMs);
  }

  /** For `navigator.credentials.get`, whose answer `reauthenticate` takes. */
  proofOptions(): Promise<unknown> {
    return this.#options('/v1/me/reauthenticate/options');
  }

  /** Whether logins ask for a second factor. */
  async mfa(): Promise<MfaView> {
    return (await this.#api.call('GET', '/v1/me/mfa')) as MfaView;
  }

  /** A secret for an authenticator, with an otpauth URI to show as a QR code. It counts once it is confirmed. */
  async beginTotp(): Promise<{ readonly secret: string; readonly uri: string }> {
    return (await this.#api.call('POST', '/v1/me/mfa/totp')) as { secret: string; uri: string };
  }

  /** From now on logins ask for a code. Returns the recovery codes, which are told here alone. */
  confirmTotp(code: string): Promise<readonly string[]> {
    return this.#recoveryCodes('/v1/me/mfa/totp/confirm', { code });
  }

  async disableTotp(): Promise<void> {
    await this.#api.call('DELETE', '/v1/me/mfa/totp');
  }

  renewRecoveryCodes(): Promise<readonly string[]> {
    return this.#recoveryCodes('/v1/me/mfa/recovery-codes');
  }

  async passkeys(): Promise<readonly PasskeyView[]> {
    const { items } = (await this.#api.call('GET', '/v1/me/passkeys')) as { items: PasskeyView[] };
    return items.map(withNumbers);
  }

  /** For `navigator.credentials.create`, whose answer `addPasskey` takes. */
  passkeyOptions(): Promise<unknown> {
    return this.#options('/v1/me/passkeys/options');
  }

  /** @param attestation `toJSON()` of what the browser made */
  addPasskey(name: string, attestation: unknown): Promise<PasskeyView> {
    return this.#passkey('POST', '/v1/me/passkeys', { name, attestation });
  }

  renamePasskey(passkeyId: string, name: string): Promise<PasskeyView> {
    return this.#passkey('PATCH', `/v1/me/passkeys/${passkeyId}`, { name });
  }

  async deletePasskey(passkeyId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/me/passkeys/${passkeyId}`);
  }

  async #options(path: string): Promise<unknown> {
    return ((await this.#api.call('POST', path)) as { options: unknown }).options;
  }

  async #recoveryCodes(path: string, body?: { code: string }): Promise<readonly string[]> {
    return ((await this.#api.call('POST', path, body)) as { recoveryCodes: string[] }).recoveryCodes;
  }

  async #passkey(method: string, path: string, body: Record<string, unknown>): Promise<PasskeyView> {
    return withNumbers(((await this.#api.call(method, path, body)) as { passkey: PasskeyView }).passkey);
  }
}

const withNumbers = (passkey: PasskeyView): PasskeyView => ({
  ...passkey,
  createdAtMs: Number(passkey.createdAtMs),
  lastUsedAtMs: Number(passkey.lastUsedAtMs),
});
