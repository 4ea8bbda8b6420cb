/** What people do while the platform is broken: they write, edit, delete, react, read, and put devices away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Latency } from '../latency.ts';
import { type Crowd, insist, type Person, type Talk } from './crowd.ts';
import type { Random } from './random.ts';

/** What waits in all outboxes together; past it people pause, as they do when nothing seems to arrive. */
const WAITING_MAX = 4000;
const GUEST_EVERY_MS = [1500, 6000] as const;
const DEVICE_EVERY_MS = [1000, 5000] as const;
const TEXTS = ['ok', 'on my way 🚲', 'שלום', '  leading and trailing  ', 'e\u0301 is not é', 'line\nline'];

/** A stored message of which one more thing is to be done: so nothing is done to what is deleted. */
interface Later {
  readonly talk: Talk;
  readonly author: Person;
  readonly seq: number;
}

export class Load {
  readonly acked = new Latency();
  sent = 0;
  readonly #crowd: Crowd;
  readonly #random: Random;
  readonly #rate: number;
  readonly #edits: Later[] = [];
  readonly #deletions: Later[] = [];
  readonly #reactions: Later[] = [];
  #over = false;

  /** @param rate commands a second in all */
  constructor(crowd: Crowd, random: Random, rate: number) {
    this.#crowd = crowd;
    this.#random = random;
    this.#rate = rate;
  }

  /** Until `stop`, and until what was begun is done. */
  async run(): Promise<void> {
    await Promise.all([this.#talk(), this.#moveGuests(), this.#moveDevices()]);
  }

  stop(): void {
    this.#over = true;
  }

  async #talk(): Promise<void> {
    const began = Date.now();
    for (let turns = 0; !this.#over; turns++) {
      const waiting = this.#crowd.clients.reduce((sum, client) => sum + client.waiting, 0);
      if (waiting < WAITING_MAX) this.#act();
      await sleep(Math.max(0, began + (turns * 1000) / this.#rate - Date.now()));
    }
  }

  #act(): void {
    const kind = this.#random.next();
    if (kind < 0.06) this.#edit(this.#edits.shift());
    else if (kind < 0.1) this.#delete(this.#deletions.shift());
    else if (kind < 0.18) this.#react(this.#reactions.shift());
    else this.#write();
    if (kind > 0.9) this.#read();
  }

  #write(): void {
    const talk = this.#random.pick(this.#crowd.talks);
    const author = this.#random.pick(talk.members);
    const { acked } = author.client.send(talk.conversationId, `${this.#random.pick(TEXTS)} ${this.sent}`);
    const about = this.#random.next();
    this.#await(acked, (seq) => {
      const pool =
        about < 0.2 ? this.#edits : about < 0.35 ? this.#deletions : about < 0.6 ? this.#reactions : undefined;
      pool?.push({ talk, author, seq });
    });
  }

  #edit(later: Later | undefined): void {
    if (!later) return this.#write();
    const { talk, author, seq } = later;
    this.#await(
      author.client.edit(talk.conversationId, seq, `${this.#random.pick(TEXTS)} as edited ${this.sent}`),
      () => {
        // Some more than once.
        if (this.#random.next() < 0.3) this.#edits.push(later);
      },
    );
  }

  #delete(later: Later | undefined): void {
    if (!later) return this.#write();
    this.#await(later.author.client.deleteMessage(later.talk.conversationId, later.seq));
  }

  #react(later: Later | undefined): void {
    if (!later) return this.#write();
    const { talk, seq } = later;
    const { client } = this.#random.pick(talk.members);
    this.#await(client.react(talk.conversationId, seq, '👍'), () => {
      if (this.#random.next() < 0.3) this.#await(client.react(talk.conversationId, seq, '👍', true));
    });
  }

  #read(): void {
    const { conversationId, members } = this.#random.pick(this.#crowd.talks);
    this.#random.pick(members).client.markRead(conversationId);
  }

  #await(acked: Promise<{ readonly seq: number }>, then: (seq: number) => void = () => undefined): void {
    this.sent++;
    const at = performance.now();
    acked.then(
      ({ seq }) => {
        this.acked.record(performance.now() - at);
        if (!this.#over) then(seq);
      },
      // Refused for good: the recorder has it.
      () => undefined,
    );
  }

  /** One member of each group is removed and comes back, and is a member in the end. */
  async #moveGuests(): Promise<void> {
    while (!this.#over) {
      await this.#pause(GUEST_EVERY_MS);
      if (this.#over) return;
      const { conversationId, members, guest } = this.#random.pick(this.#crowd.talks.filter((talk) => talk.guest));
      const owner = (members[0] as Person).client;
      const userId = (guest as Person).client.userId;
      await insist(() => owner.removeMember(conversationId, userId));
      await this.#pause(GUEST_EVERY_MS);
      await insist(() => owner.addMembers(conversationId, [userId]));
    }
  }

  /** Second devices are put away and come back, at last all of them. */
  async #moveDevices(): Promise<void> {
    while (!this.#over) {
      await this.#pause(DEVICE_EVERY_MS);
      const device = this.#random.pick(this.#crowd.seconds);
      await device.close();
      await this.#pause(DEVICE_EVERY_MS);
      // It comes back when it can.
      device.connect().catch(() => undefined);
    }
  }

  async #pause([low, high]: readonly [number, number]): Promise<void> {
    const untilMs = Date.now() + this.#random.between(low, high);
    while (!this.#over && Date.now() < untilMs) await sleep(100);
  }
}
