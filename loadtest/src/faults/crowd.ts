/** The people of a fault run: some with a second device that comes and goes, in direct conversations and groups. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClatterClient, type ClientOptions, MemoryStorage } from '@clatter/client';
import { ClatterError, type FrameEncoding } from '@clatter/wire';
import { type DeviceRecorder, type Recorder, recordLog } from '../history/recorder.ts';
import { inParallel, patiently } from '../patience.ts';
import { openSocket } from '../socket.ts';

const PEOPLE = 10;
const SECOND_DEVICES = 4;
const DIRECTS = 6;
const GROUPS = 3;
const GROUP_MEMBERS = 6;
const AT_ONCE = 4;
/** How long the platform may take to answer when nothing is broken any more. */
const PATIENCE_MS = 120_000;
/** Receipts are gathered by the client and by the server, then stored, then told. */
const RECEIPTS_MS = 3000;

export interface Person {
  readonly name: string;
  readonly client: ClatterClient;
}

export interface Talk {
  readonly conversationId: string;
  /** Who write in it. */
  readonly members: readonly Person[];
  /** A member who is removed and added again, and only reads. */
  readonly guest?: Person;
}

export interface CrowdOptions {
  readonly url: string;
  readonly recorder: Recorder;
  /** Goes into usernames, so that runs on one platform do not meet. */
  readonly run: string;
}

export class Crowd {
  readonly people: readonly Person[];
  readonly talks: readonly Talk[];
  /** Second devices, of people who are in `people`. */
  readonly seconds: readonly ClatterClient[];
  readonly #options: CrowdOptions;

  private constructor(
    options: CrowdOptions,
    people: readonly Person[],
    talks: readonly Talk[],
    seconds: readonly ClatterClient[],
  ) {
    this.#options = options;
    this.people = people;
    this.talks = talks;
    this.seconds = seconds;
  }

  static async gather(options: CrowdOptions): Promise<Crowd> {
    const people: Person[] = [];
    await inParallel(
      Array.from({ length: PEOPLE }, (_, index) => index),
      AT_ONCE,
      async (index) => {
        const name = `f${options.run}-${index}`;
        const device = options.recorder.device(`device 1 of ${name}`);
        const client = await patiently(PATIENCE_MS, () =>
          ClatterClient.register(clientOptions(options.url, device, index), {
            username: name,
            password: passwordOf(name),
          }),
        );
        device.watch(client);
        people[index] = { name, client };
        await client.connect();
      },
    );
    const seconds: ClatterClient[] = [];
    for (const [index, { name }] of people.slice(0, SECOND_DEVICES).entries()) {
      const device = options.recorder.device(`device 2 of ${name}`);
      const client = await logIn(options.url, name, device, index + 1);
      await client.connect();
      seconds.push(client);
    }
    const person = (index: number): Person => people[index % PEOPLE] as Person;
    const talks: Talk[] = [];
    for (let index = 0; index < DIRECTS; index++) {
      const members = [person(index), person(index * 3 + 1 + (index % 2))];
      const { conversationId } = await (members[0] as Person).client.openDirect((members[1] as Person).client.userId);
      talks.push({ conversationId, members });
    }
    for (let index = 0; index < GROUPS; index++) {
      const all = Array.from({ length: GROUP_MEMBERS }, (_, member) => person(index * 3 + member));
      const [owner, ...others] = all as [Person, ...Person[]];
      const { conversationId } = await owner.client.createGroup(
        `group ${index}`,
        others.map(({ client }) => client.userId),
      );
      const guest = all.at(-1) as Person;
      talks.push({ conversationId, members: all.slice(0, -1), guest });
    }
    return new Crowd(options, people, talks, seconds);
  }

  get clients(): readonly ClatterClient[] {
    return [...this.people.map(({ client }) => client), ...this.seconds];
  }

  /**
   * Resolves when nothing waits and every device has all; or when that takes too long, with what is open: then the checker tells what is
   * missing.
   */
  async settle(withinMs: number): Promise<readonly string[]> {
    let open: readonly string[] = [];
    for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; await sleep(200)) {
      open = this.#open();
      if (open.length === 0) break;
    }
    return open;
  }

  /** Has everybody read their whole logs, and has a device without a past sync everything, for the record. */
  async readBack(): Promise<void> {
    const { url, recorder } = this.#options;
    // What is told while the last devices sync would be newer than what they are told.
    await sleep(RECEIPTS_MS);
    const readers = new Map<string, ClatterClient>();
    await inParallel(this.people, AT_ONCE, async ({ name, client }) => {
      const device = recorder.device(`a new device of ${name}`, 'end');
      const reader = await logIn(url, name, device, 0, false);
      await reader.connect();
      device.left();
      readers.set(client.userId, reader);
    });
    await inParallel(this.talks, AT_ONCE, async ({ conversationId, members, guest }) => {
      for (const { client } of guest ? [...members, guest] : members) {
        const reader = readers.get(client.userId) as ClatterClient;
        const history: ClatterClient['history'] = (...query) => patiently(PATIENCE_MS, () => reader.history(...query));
        await recordLog({ userId: client.userId, history }, conversationId, recorder.take);
      }
    });
    await Promise.all([...readers.values()].map((reader) => reader.close()));
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  /** What each device waits for. */
  #open(): string[] {
    const open: string[] = [];
    for (const [index, client] of this.clients.entries()) {
      const { userId, state, waiting } = client;
      const behind = this.talks.filter(({ conversationId, members, guest }) => {
        const ids = [...members, ...(guest ? [guest] : [])].map((person) => person.client.userId);
        if (!ids.includes(userId)) return false;
        const heads = this.clients
          .filter((other) => ids.includes(other.userId))
          .map((other) => other.conversation(conversationId)?.headSeq ?? 0);
        return client.events(conversationId).at(-1)?.seq !== Math.max(...heads);
      });
      if (waiting > 0 || state !== 'live' || behind.length > 0)
        open.push(
          `${index < PEOPLE ? 'device 1' : 'device 2'} of ${this.people[index % PEOPLE]?.name}: ${state}, ${waiting} commands without an answer, ${behind.length} conversations behind`,
        );
    }
    return open;
  }
}

const passwordOf = (name: string): string => `correct horse battery ${name}`;
/** Half of them in each subprotocol. */
const encodings: readonly FrameEncoding[] = ['json', 'proto'];

const clientOptions = (url: string, { tap }: DeviceRecorder, index: number, receipts = true): ClientOptions => ({
  url,
  storage: new MemoryStorage(),
  openSocket,
  encoding: encodings[index % 2] as FrameEncoding,
  receipts,
  tap,
});

async function logIn(
  url: string,
  name: string,
  device: DeviceRecorder,
  index: number,
  receipts = true,
): Promise<ClatterClient> {
  const client = await patiently(PATIENCE_MS, () =>
    ClatterClient.login(clientOptions(url, device, index, receipts), { login: name, password: passwordOf(name) }),
  );
  device.watch(client);
  return client;
}

/** Does what a person does over HTTP until it is done; whether it was done before, after an answer that was lost, does not matter. */
export async function insist(run: () => Promise<void>): Promise<void> {
  try {
    await patiently(PATIENCE_MS, run);
  } catch (error) {
    if (!(error instanceof ClatterError)) throw error;
  }
}
