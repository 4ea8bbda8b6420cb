/**
 * A browser in virtual time: tabs with one localStorage and one set of Web Locks. Each tab has a view of the storage of its own, as pages
 * in different processes have: what another tab writes comes into it, with its event, a little later.
 */
import type { WebPage } from '../web-storage.ts';
import type { VirtualClock } from './virtual-clock.ts';

type Change = Parameters<NonNullable<WebPage['addEventListener']>>[1];

interface Request {
  readonly tab: FakeTab;
  readonly grant: () => void;
}

export class FakeBrowser {
  readonly clock: VirtualClock;
  readonly lagMs: number;
  /** Whether pages have Web Locks. */
  readonly isSecure: boolean;
  /** What new pages see, and what is kept. */
  readonly values = new Map<string, string>();
  readonly tabs = new Set<FakeTab>();
  readonly #queues = new Map<string, Request[]>();
  #writes = 0;

  constructor(clock: VirtualClock, { lagMs = 2, isSecure = true } = {}) {
    this.clock = clock;
    this.lagMs = lagMs;
    this.isSecure = isSecure;
  }

  open(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.add(tab);
    return tab;
  }

  /** Returns the number of the write. */
  write(writer: FakeTab, key: string, value: string | undefined): number {
    const number = ++this.#writes;
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, value);
    for (const tab of this.tabs) if (tab !== writer) this.clock.timer(this.lagMs, () => tab.hear(key, value, number));
    return number;
  }

  request<T>(tab: FakeTab, name: string, run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.tabs.has(tab)) return;
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      const request: Request = {
        tab,
        grant: () =>
          void run()
            .then(resolve, reject)
            .finally(() => this.#leave(name, request)),
      };
      queue.push(request);
      if (queue[0] === request) queueMicrotask(() => queue[0] === request && request.grant());
    });
  }

  /** The tab is gone, and with it its locks and what it asked for. */
  forget(tab: FakeTab): void {
    this.tabs.delete(tab);
    for (const [name, queue] of this.#queues)
      for (const request of [...queue].reverse()) if (request.tab === tab) this.#leave(name, request);
  }

  #leave(name: string, request: Request): void {
    const queue = this.#queues.get(name) ?? [];
    const place = queue.indexOf(request);
    if (place < 0) return;
    queue.splice(place, 1);
    if (place === 0) queueMicrotask(() => queue[0]?.grant());
  }
}

/** Its own page, and its own localStorage. */
export class FakeTab implements WebPage {
  readonly navigator: NonNullable<WebPage['navigator']>;
  readonly #browser: FakeBrowser;
  readonly #view: Map<string, string>;
  /** Key → number of the newest own write: older ones of others have no effect any more. */
  readonly #own = new Map<string, number>();
  readonly #listeners = new Set<Change>();

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
    this.#view = new Map(browser.values);
    const request = <T>(name: string, run: () => Promise<T>): Promise<T> => browser.request(this, name, run);
    this.navigator = browser.isSecure ? { locks: { request } } : {};
  }

  /** Closed, or crashed: nothing that still runs in it has any effect. */
  kill(): void {
    this.#listeners.clear();
    this.#browser.forget(this);
  }

  hear(key: string, value: string | undefined, number: number): void {
    if (number < (this.#own.get(key) ?? 0)) return;
    if (value === undefined) this.#view.delete(key);
    else this.#view.set(key, value);
    for (const listener of [...this.#listeners]) listener({ key, storageArea: this });
  }

  addEventListener(_type: 'storage', listener: Change): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'storage', listener: Change): void {
    this.#listeners.delete(listener);
  }

  get length(): number {
    return this.#view.size;
  }

  key(index: number): string | null {
    return [...this.#view.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#view.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#view.set(key, value);
    this.#write(key, value);
  }

  removeItem(key: string): void {
    if (this.#view.delete(key)) this.#write(key, undefined);
  }

  #write(key: string, value: string | undefined): void {
    if (this.#browser.tabs.has(this)) this.#own.set(key, this.#browser.write(this, key, value));
  }
}
