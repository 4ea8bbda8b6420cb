/** Tabs of one person's browser, each with a client on the localStorage that they share. */
import { ClatterClient } from '../client.ts';
import type { ClientOptions, Login } from '../types.ts';
import { WebStorage } from '../web-storage.ts';
import { FakeBrowser, type FakeTab } from './fake-browser.ts';
import { FakePlatform } from './fake-platform.ts';
import { VirtualClock } from './virtual-clock.ts';

export class Tab {
  readonly page: FakeTab;
  readonly options: ClientOptions;
  readonly #platform: FakePlatform;
  client: ClatterClient | undefined;
  /** Conversation → seqs in the order in which this tab was told of them. */
  readonly told = new Map<string, number[]>();
  readonly loggedOut: string[] = [];
  readonly errors: Error[] = [];

  constructor(browser: FakeBrowser, platform: FakePlatform) {
    this.#platform = platform;
    this.page = browser.open();
    this.options = platform.options(new WebStorage(this.page, 'clatter/', this.page));
  }

  login(login: Login): Promise<ClatterClient> {
    return this.#passing(async () => this.#use(await ClatterClient.login(this.options, login)));
  }

  resume(): Promise<ClatterClient | undefined> {
    return this.#passing(async () => {
      const client = await ClatterClient.resume(this.options);
      return client && this.#use(client);
    });
  }

  /** Gone at once, as by a crash. */
  async kill(): Promise<void> {
    this.page.kill();
    await this.client?.close();
  }

  #use(client: ClatterClient): ClatterClient {
    this.client = client;
    client.on('event', ({ conversationId, seq }) => {
      const told = this.told.get(conversationId) ?? [];
      this.told.set(conversationId, told);
      told.push(seq);
    });
    client.on('loggedOut', ({ reason }) => this.loggedOut.push(reason));
    client.on('error', (error) => this.errors.push(error));
    client.connect().catch(() => undefined);
    return client;
  }

  async #passing<T>(run: () => Promise<T>): Promise<T> {
    const running = run();
    running.catch(() => undefined);
    await this.#platform.clock.pass(50);
    return running;
  }
}

export const ALICE = { login: 'alice', password: 'p' };

type LoggedIn = Tab & { client: ClatterClient };

/** A browser in which tabs are opened, and a platform for them. */
export function tabsOfAlice(settings: { lagMs?: number; isSecure?: boolean } = {}) {
  const clock = new VirtualClock();
  const platform = new FakePlatform(clock);
  const browser = new FakeBrowser(clock, settings);
  const open = (): Tab => new Tab(browser, platform);
  /** A tab in which alice logs in. */
  const first = async (): Promise<LoggedIn> => {
    const tab = open();
    await tab.login(ALICE);
    return tab as LoggedIn;
  };
  /** One in which she is logged in. */
  const next = async (): Promise<LoggedIn> => {
    const tab = open();
    await tab.resume();
    return tab as LoggedIn;
  };
  /** Two tabs that know of a conversation with bob. */
  const pair = async (): Promise<{ one: LoggedIn; two: LoggedIn; id: string }> => {
    const [one, two] = [await first(), await next()];
    const id = platform.talk('direct', 'alice', 'bob');
    await clock.pass(1000);
    return { one, two, id };
  };
  const keys = (): string[] => [...browser.values.keys()].map((key) => key.replace('clatter/', '')).sort();
  return { clock, platform, browser, open, first, next, pair, keys };
}
