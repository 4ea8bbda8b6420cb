/** What people are to each other, by HTTP: what one shows, whom one blocks and knows, what one reports and agrees to. */
import { User } from '@clatter/wire';
import type { Api } from './api.ts';
import type { BlockedPerson, Consent, Contact, Page, Privacy, Report } from './types.ts';

type Items = { items: readonly Record<string, unknown>[]; nextCursor: string | null };

const userOf = (item: Record<string, unknown>): User => User.fromJson(item.user, 'user');

export class Relations {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** What one shows and allows, and to whom. */
  async privacy(): Promise<Privacy> {
    return ((await this.#api.call('GET', '/v1/me/privacy')) as { privacy: Privacy }).privacy;
  }

  /** What is left out stays. */
  async setPrivacy(change: Partial<Privacy>): Promise<Privacy> {
    return ((await this.#api.call('PATCH', '/v1/me/privacy', { ...change })) as { privacy: Privacy }).privacy;
  }

  /** From when this resolves on, what the other sends to the common conversation is refused. They are not told. */
  async block(userId: string): Promise<void> {
    await this.#api.call('PUT', `/v1/me/blocks/${userId}`);
  }

  async unblock(userId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/me/blocks/${userId}`);
  }

  /** Whom one blocks, the newest first. */
  async blocked(limit = 50, cursor?: string): Promise<Page<BlockedPerson>> {
    const page = await this.#page('/v1/me/blocks', { limit: String(limit), ...(cursor !== undefined && { cursor }) });
    const items = page.items.map((item) => ({ user: userOf(item), blockedAtMs: Number(item.blockedAtMs) }));
    return { items, nextCursor: page.nextCursor ?? undefined };
  }

  /** One's contacts, sorted by name as `locale` does. */
  async contacts(
    wanted: { query?: string; locale?: string; limit?: number; cursor?: string | undefined } = {},
  ): Promise<Page<Contact>> {
    const { query = '', locale = '', limit = 100, cursor } = wanted;
    const asked = { query, locale, limit: String(limit), ...(cursor !== undefined && { cursor }) };
    const page = await this.#page('/v1/me/contacts', asked);
    return { items: page.items.map(contactOf), nextCursor: page.nextCursor ?? undefined };
  }

  /** Adds a contact, or renames it; an empty name is the person's own, an absent one stays. */
  async putContact(userId: string, name?: string): Promise<Contact> {
    const answer = await this.#api.call('PUT', `/v1/me/contacts/${userId}`, name === undefined ? {} : { name });
    return contactOf((answer as { contact: Record<string, unknown> }).contact);
  }

  async removeContact(userId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/me/contacts/${userId}`);
  }

  /** Reports a person, or a message, to the operator. Returns the report's id. */
  async report(report: Report): Promise<string> {
    const seq = 'seq' in report ? { seq: String(report.seq) } : {};
    return ((await this.#api.call('POST', '/v1/reports', { ...report, ...seq })) as { reportId: string }).reportId;
  }

  /** What one agreed to, the newest first. */
  async consents(): Promise<readonly Consent[]> {
    return (await this.#page('/v1/me/consents', {})).items.map(consentOf);
  }

  async recordConsent(consent: Omit<Consent, 'atMs'>): Promise<Consent> {
    const answer = await this.#api.call('POST', '/v1/me/consents', { ...consent });
    return consentOf((answer as { consent: Record<string, unknown> }).consent);
  }

  async #page(path: string, asked: Record<string, string>): Promise<Items> {
    return (await this.#api.call('GET', `${path}?${new URLSearchParams(asked)}`)) as Items;
  }
}

const contactOf = (item: Record<string, unknown>): Contact => ({
  user: userOf(item),
  name: String(item.name),
  addedAtMs: Number(item.addedAtMs),
});

const consentOf = (item: Record<string, unknown>): Consent => ({
  purpose: String(item.purpose),
  version: String(item.version),
  given: item.given === true,
  atMs: Number(item.atMs),
});
