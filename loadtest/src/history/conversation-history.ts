/**
 * Checks one conversation while its record comes in, and the rest at the end. It keeps something for each event and each command, nothing
 * for each delivery: what a device saw is compared at once and remembered as ranges of seqs.
 */
import type { Acked, LogPage, Refused, Saw, Seen, Sent, Told, Watermark, What } from './entry.ts';
import { describeShown, describeStanding, type Folded, foldLog } from './fold.ts';
import { type Place, Places } from './places.ts';
import { Ranges } from './ranges.ts';
import type { Findings, ViolationKind } from './violations.ts';

/** A command, by its sender and id. */
interface Command {
  readonly sent: Sent;
  /** The highest place that anybody was acknowledged or shown before it was sent: it comes behind. */
  readonly after: number;
  ackedSeq?: number;
  refused?: string;
}

/** What the program on one device was told. */
interface DeviceView {
  readonly told: Ranges;
  lastTold: number;
  /** Told of as a gap, to be asked for when it is needed. */
  readonly gaps: Ranges;
  /** Commands in the order in which they were sent first. */
  readonly commands: Command[];
}

/** What one person was shown on all devices. */
interface PersonView {
  readonly seen: Ranges;
  /** Seqs of messages whose content they were shown. */
  readonly contents: Ranges;
  /** The first seq of their log and the next one, 0 before it was read. */
  first: number;
  next: number;
  wholeLog: boolean;
}

export class ConversationHistory {
  readonly id: string;
  readonly #findings: Findings;
  readonly #places: Places;
  readonly #commands = new Map<string, Command>();
  /** How many commands ask for the same. */
  readonly #asked = new Map<What, number>();
  readonly #devices = new Map<string, DeviceView>();
  readonly #owners = new Map<string, string>();
  readonly #people = new Map<string, PersonView>();
  /** By member: the highest watermarks, delivered and read, that anybody was told of. */
  readonly #watermarks = new Map<string, { deliveredSeq: number; readSeq: number }>();

  constructor(id: string, findings: Findings) {
    this.id = id;
    this.#findings = findings;
    this.#places = new Places(id, findings);
  }

  sent(entry: Sent): void {
    const key = keyOf(entry);
    if (this.#commands.has(key)) return;
    const command: Command = { sent: entry, after: this.#places.head };
    this.#commands.set(key, command);
    this.#asked.set(entry.what, (this.#asked.get(entry.what) ?? 0) + 1);
    this.#device(entry.device, entry.userId).commands.push(command);
  }

  acked(entry: Acked): void {
    const command = this.#commands.get(keyOf(entry));
    if (!command) return this.#add('phantom', `${entry.device} got an ack for ${entry.id}, which it never sent`);
    this.#findings.looked('doubled');
    const { ackedSeq } = command;
    if (ackedSeq !== undefined && ackedSeq !== entry.seq)
      this.#add('doubled', `${command.sent.what} was acknowledged with seq ${ackedSeq}, and again with ${entry.seq}`);
    command.ackedSeq ??= entry.seq;
    this.#places.acked(command.sent, entry);
  }

  refused(entry: Refused): void {
    const command = this.#commands.get(keyOf(entry));
    if (!command) return;
    command.refused = entry.code;
    this.#add('refused', `${command.sent.what} of ${entry.device} was refused with ${entry.code}`);
  }

  saw({ device, userId, by, event }: Saw): void {
    this.#device(device, userId);
    this.#shown(userId, event);
    this.#places.seen(event, `${by === 'live' ? 'a live event' : `a ${by} page`} of ${device}`);
  }

  told({ device, userId, seq }: Told): void {
    const view = this.#device(device, userId);
    this.#findings.looked('reordered');
    if (seq <= view.lastTold) this.#add('reordered', `${device} was told of seq ${seq} after ${view.lastTold}`);
    view.lastTold = Math.max(view.lastTold, seq);
    view.told.add(seq);
  }

  gap(device: string, first: number, last: number): void {
    this.#devices.get(device)?.gaps.add(first, last);
  }

  watermark({ device, of, deliveredSeq, readSeq, by }: Watermark): void {
    this.#findings.looked('receipt');
    const before = this.#watermarks.get(of) ?? { deliveredSeq: 0, readSeq: 0 };
    // Pages and small news overtake each other. But whatever anybody was told was stored before.
    if (by === 'end' && (deliveredSeq < before.deliveredSeq || readSeq < before.readSeq))
      this.#add(
        'receipt',
        `of ${of} ${before.deliveredSeq}/${before.readSeq} was told, and ${device} is told ${deliveredSeq}/${readSeq} in the end`,
      );
    this.#watermarks.set(of, {
      deliveredSeq: Math.max(before.deliveredSeq, deliveredSeq),
      readSeq: Math.max(before.readSeq, readSeq),
    });
  }

  /** A piece of a member's whole log, when all is over. */
  log({ userId, events, last }: LogPage): void {
    const person = this.#person(userId);
    for (const event of events) {
      this.#findings.looked('gap');
      if (person.next > 0 && event.seq !== person.next)
        this.#add('gap', `the log of ${userId}: want seq ${person.next}, got ${event.seq}`);
      person.first ||= event.seq;
      person.next = event.seq + 1;
      this.#shown(userId, event);
      const place = this.#places.seen(event, `the log of ${userId}`, true);
      if (event.what.startsWith('message '))
        place.finals.add(`${describeShown(event)}${event.edited ? ` (${event.digest})` : ''}`);
    }
    if (last) person.wholeLog = true;
  }

  /** All is read. @param left devices of which nothing more is expected */
  finish(left: ReadonlySet<string>): void {
    const folded = foldLog(this.#places);
    this.#checkLog(folded);
    this.#checkLogEnds(folded);
    this.#checkCommands();
    this.#checkSight(folded);
    this.#checkWatermarks();
    for (const [device, view] of this.#devices) {
      this.#checkOrder(device, view);
      if (!left.has(device)) this.#checkTold(device, view, folded);
    }
  }

  get size(): { readonly commands: number; readonly events: number } {
    return { commands: this.#commands.size, events: this.#places.head };
  }

  /** Whether a member's whole log was taken. */
  get wasRead(): boolean {
    return [...this.#people.values()].some(({ wholeLog }) => wholeLog);
  }

  #checkLog(folded: Folded): void {
    let messages = 0;
    let before: Place | undefined;
    const found = new Map<What, number>();
    for (let seq = 1; seq <= this.#places.head; seq++) {
      const place = this.#places.at(seq);
      if (!place?.inLog) {
        this.#add('gap', `seq ${seq} is in no log${place ? `; it is ${place.what} by ${place.by}` : ''}`);
        if (place?.what.startsWith('message ')) messages++;
        continue;
      }
      const isMessage = place.what.startsWith('message ');
      if (isMessage) messages++;
      this.#findings.looked('miscounted');
      if (place.messageNo !== messages)
        this.#add('miscounted', `want messageNo ${messages} at seq ${seq}, got ${place.messageNo}`);
      this.#findings.looked('time');
      if (before && place.sentAtMs < before.sentAtMs)
        this.#add('time', `seq ${seq} is of ${place.sentAtMs}, and the one before it of ${before.sentAtMs}`);
      before = place;
      this.#checkOrigin(seq, place, found);
      if (isMessage) this.#checkMessage(seq, place, folded);
    }
  }

  /** Whether somebody asked for it, as often as it is there. */
  #checkOrigin(seq: number, { what }: Place, found: Map<What, number>): void {
    if (!/^(message|an edit|a deletion) |^(no more )?\S+ to /.test(what)) return;
    this.#findings.looked('phantom');
    const times = (found.get(what) ?? 0) + 1;
    found.set(what, times);
    const asked = this.#asked.get(what) ?? 0;
    if (asked === 0) this.#add('phantom', `seq ${seq} is ${what}, which nobody sent`);
    else if (times > asked)
      this.#add('doubled', `seq ${seq} is ${what}: there are ${times} of them, and ${asked} were sent`);
  }

  #checkMessage(seq: number, { what, senderId, contents, finals }: Place, { standings }: Folded): void {
    const standing = standings.get(seq);
    const original = this.#commands.get(what)?.sent.digest;
    const edits = this.#editsOf(seq, senderId ?? '');
    for (const shown of original === undefined ? [] : contents) {
      this.#findings.looked('altered');
      const [edited, digest] = shown.split(' ') as [string, string];
      if (edited ? !edits.some((edit) => edit.sent.digest === digest) : digest !== original)
        this.#add(
          'altered',
          `seq ${seq}, ${what}, was shown with ${edited ? 'an edit' : 'a content'} that nobody sent`,
        );
    }
    const want = describeStanding(standing);
    // Of two edits the later one counts; which that is is known where it was acknowledged.
    const newest = edits.reduce((seqs, { ackedSeq = Number.POSITIVE_INFINITY }) => Math.max(seqs, ackedSeq), 0);
    const last = Number.isFinite(newest) ? edits.find(({ ackedSeq }) => ackedSeq === newest) : undefined;
    for (const shown of finals) {
      this.#findings.looked('stale');
      const [state, digest] = shown.split(' (') as [string, string | undefined];
      if (state !== want) this.#add('stale', `seq ${seq}, ${what}: want ${want}, a log shows ${state}`);
      else if (digest !== undefined && last && digest !== `${last.sent.digest})`)
        this.#add('stale', `seq ${seq}, ${what}: a log does not show the edit of seq ${newest}, the last one`);
    }
  }

  #editsOf(seq: number, senderId: string): Command[] {
    const what = `an edit of ${seq} by ${senderId}`;
    if (!this.#asked.has(what)) return [];
    return [...this.#commands.values()].filter(({ sent }) => sent.what === what);
  }

  /** Members' logs begin where they may begin to see, and end at the same place. */
  #checkLogEnds({ members }: Folded): void {
    const readers = [...this.#people].filter(([, { wholeLog }]) => wholeLog);
    if (readers.length === 0) return this.#add('lost', 'no log was read');
    for (const [userId, { first, next }] of readers) {
      const fromSeq = members.get(userId);
      if (fromSeq === undefined) continue;
      if (first > fromSeq) this.#add('gap', `the log of ${userId} begins at seq ${first}, want ${fromSeq}`);
      if (next <= this.#places.head)
        this.#add('gap', `the log of ${userId} ends at seq ${next - 1}; ${this.#places.head} is known`);
    }
  }

  #checkCommands(): void {
    for (const [, { sent, ackedSeq, refused, after }] of this.#commands) {
      this.#findings.looked('refused');
      this.#findings.looked('unanswered');
      if (ackedSeq === undefined) {
        // An answer may get lost; who is told of the own message's event needs none.
        const told = this.#devices.get(sent.device)?.told.has(this.#places.seqOf(sent.what) ?? 0);
        if (refused === undefined && !told) this.#add('unanswered', `${sent.what} of ${sent.device} got no answer`);
        continue;
      }
      this.#findings.looked('lost');
      const place = this.#places.at(ackedSeq);
      if (!place?.inLog || place.what !== sent.what)
        this.#add(
          'lost',
          `${sent.what} was acknowledged with seq ${ackedSeq}, where the log has ${place?.inLog ? place.what : 'nothing'}`,
        );
      this.#findings.looked('reordered');
      if (ackedSeq <= after)
        this.#add('reordered', `${sent.what} is seq ${ackedSeq}, and seq ${after} was known before it was sent`);
    }
  }

  /** Nobody was shown what they may not see. */
  #checkSight({ sight }: Folded): void {
    for (const [userId, { seen, contents }] of this.#people) {
      this.#findings.looked('leaked');
      const allowed = sight.get(userId) ?? new Ranges();
      const event = seen.beyond(allowed);
      if (event !== undefined)
        this.#add('leaked', `${userId} was shown seq ${event}, ${this.#places.at(event)?.what}, and may not see it`);
      const content = contents.beyond(allowed);
      if (content !== undefined)
        this.#add('leaked', `${userId} was shown the content of seq ${content}, and may not see it`);
    }
  }

  /** What a client sent is in the order in which it sent it. */
  #checkOrder(device: string, { commands }: DeviceView): void {
    let before: Command | undefined;
    for (const command of commands) {
      if (command.ackedSeq === undefined) continue;
      this.#findings.looked('reordered');
      if (before?.ackedSeq !== undefined && command.ackedSeq < before.ackedSeq)
        this.#add(
          'reordered',
          `${device} sent ${before.sent.what} before ${command.sent.what}; they are seq ${before.ackedSeq} and ${command.ackedSeq}`,
        );
      before = command;
    }
  }

  #checkWatermarks(): void {
    for (const [of, { deliveredSeq, readSeq }] of this.#watermarks)
      if (Math.max(deliveredSeq, readSeq) > this.#places.head)
        this.#add('receipt', `of ${of} ${deliveredSeq}/${readSeq} is beyond the head ${this.#places.head}`);
  }

  /** A device that was there until the end was told of all that its person may see, from the first on that it was told of. */
  #checkTold(device: string, { told, gaps }: DeviceView, { members, sight }: Folded): void {
    const userId = this.#owners.get(device) as string;
    const first = told.lowest;
    if (first === undefined || !members.has(userId)) return;
    const allowed = sight.get(userId) as Ranges;
    for (let seq = first; seq <= this.#places.head; seq++) {
      if (!allowed.has(seq)) continue;
      this.#findings.looked('missed');
      if (!told.has(seq) && !gaps.has(seq))
        this.#add('missed', `${device} was never told of seq ${seq}, ${this.#places.at(seq)?.what}`);
    }
  }

  #shown(userId: string, { seq, what, digest, target }: Seen): void {
    const person = this.#person(userId);
    person.seen.add(seq);
    if (digest === undefined) return;
    if (what.startsWith('message ')) person.contents.add(seq);
    else if (target !== undefined) person.contents.add(target);
  }

  #device(device: string, userId: string): DeviceView {
    let view = this.#devices.get(device);
    if (!view) {
      view = { told: new Ranges(), lastTold: 0, gaps: new Ranges(), commands: [] };
      this.#devices.set(device, view);
      this.#owners.set(device, userId);
    }
    return view;
  }

  #person(userId: string): PersonView {
    let person = this.#people.get(userId);
    if (!person) {
      person = { seen: new Ranges(), contents: new Ranges(), first: 0, next: 0, wholeLog: false };
      this.#people.set(userId, person);
    }
    return person;
  }

  #add(kind: ViolationKind, detail: string): void {
    this.#findings.add(kind, this.id, detail);
  }
}

/** A command's name in its conversation; of a message the same as its event's. */
const keyOf = ({ userId, id }: { userId: string; id: string }): string => `message ${id} of ${userId}`;
