/**
 * Bugs to be found: each leaves out one rule of the design, in a port, in a simulated part, or in the compiled code under test (a text in
 * one file that is replaced before it is loaded; it must be there exactly once). One that is not found, or no longer applies, fails the test.
 */
import { StoredEvent } from '@clatter/contracts/messages';
import type { LogRow, MessageStore, StoreBatch } from '../ports.ts';
import { loseEnd, swapEnd } from './planted-logs.ts';
import {
  buckets,
  deliveries,
  disappearing,
  groups,
  late,
  old,
  only,
  rewritten,
  stalled,
  takeovers,
  updates,
} from './planted-scenarios.ts';
import type { RuleChanges } from './rules.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

export interface Planted {
  readonly name: string;
  /** What is left out, by its number in DESIGN §2 where it has one. */
  readonly rule: string;
  readonly scenario: Partial<Scenario>;
  /** A seed that showed it when this was written: tried first. */
  readonly seed: number;
  /** Until all is mended, where more than usual. */
  readonly steps?: number;
  /** What the rules are changed to. */
  readonly but?: RuleChanges;
  /** Compiled files of messages or of the gateway. */
  readonly replace?: Replacement | readonly Replacement[];
  /** Is done to the world when all else is mended. Where the rule is kept, the partition halts, and says this. */
  readonly meddle?: { readonly with: (world: World) => void; readonly halts: string };
}

export interface Replacement {
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

/** A store whose rows are changed on their way to the reader. */
const readRows = (store: MessageStore, change: (row: LogRow) => LogRow): MessageStore => ({
  ...store,
  readTail: async (...asked) => (await store.readTail(...asked)).map(change),
  findCommand: async (...asked) => {
    const row = await store.findCommand(...asked);
    return row && change(row);
  },
  readRow: async (...asked) => {
    const row = await store.readRow(...asked);
    return row && change(row);
  },
});

/** Every row of a batch with the position of its last. */
function atLastPosition(batch: StoreBatch): StoreBatch {
  const logs = batch.logs.map((log) => ({
    ...log,
    rows: log.rows.map((row) => ({
      ...row,
      position: log.head.position,
      eventPosition: row.eventPosition === row.position ? log.head.position : row.eventPosition,
    })),
  }));
  return { ...batch, logs };
}

const deleted = (row: LogRow): boolean => StoredEvent.decode(row.event).event?.message?.deleted ?? false;

export const planted: readonly Planted[] = [
  {
    name: 'permissions before ids',
    rule: '1',
    seed: 6,
    scenario: { ...takeovers, faults: only({ disconnect: 3, gatewayKill: 1 }), flakyLog: 1 },
    replace: {
      file: 'sequencer.js',
      text: 'if (lookedUp.first)',
      by: "if (lookedUp.first && roleOf(state, command.senderId) !== 'none')",
    },
  },
  {
    name: 'rows of the own batch are not seen',
    rule: '2',
    seed: 1,
    scenario: { ...takeovers, faults: only({ disconnect: 3, gatewayKill: 1 }), flakyLog: 1, faultGapMs: 200 },
    replace: { file: 'conversation-batch.js', text: 'this.#written.get(seq) ?? ', by: '' },
  },
  {
    name: 'rows of any position count',
    rule: '3',
    seed: 1,
    scenario: old,
    replace: { file: 'conversation-batch.js', text: 'found.filter((row) => row.position < position)', by: 'found' },
  },
  {
    name: 'an edit changes the creation offset',
    rule: '3',
    seed: 399,
    scenario: rewritten,
    but: { wrapStore: (store) => readRows(store, (row) => ({ ...row, position: row.eventPosition })) },
  },
  {
    name: 'a deletion forgets the id',
    rule: '3',
    seed: 11,
    scenario: rewritten,
    but: { wrapStore: (store) => readRows(store, (row) => (deleted(row) ? { ...row, commandId: '' } : row)) },
  },
  {
    name: 'ids are looked up in the newest bucket only',
    rule: '4',
    seed: 2,
    scenario: late,
    but: { store: { findAll: false } },
  },
  {
    name: 'ids are not looked up',
    rule: '4',
    seed: 2,
    scenario: late,
    but: { store: { find: false } },
  },
  {
    name: 'unmarked commands are new ones',
    rule: '5',
    seed: 1,
    scenario: stalled,
    steps: 8000,
    replace: { file: 'sequencer.js', text: 'const complete = window', by: 'const complete = !command.retry || window' },
  },
  {
    name: "the gateway's stamp is not looked at",
    rule: '5',
    seed: 1,
    scenario: stalled,
    steps: 8000,
    replace: { file: 'sequencer.js', text: ' && Math.abs(timestampMs - command.receivedAtMs) <= STAMP_MS', by: '' },
  },
  {
    name: 'what a stalled gateway finds is stamped as fresh',
    rule: '5',
    seed: 1,
    scenario: stalled,
    steps: 8000,
    replace: { file: 'command-router.js', text: 'this.#pulse.earliestMs', by: 'sinceMs' },
  },
  {
    name: 'a later version of a row is taken for an earlier one',
    rule: '6',
    seed: 4,
    scenario: { ...rewritten, faults: only({ rebalance: 4 }), flakyLog: 0 },
    replace: {
      file: 'conversation-batch.js',
      text: '|| row.eventPosition >= position',
      by: '|| row.eventPosition > position',
    },
  },
  {
    name: 'new rules are stamped before all owners know them',
    rule: '7',
    seed: 1,
    scenario: updates,
    but: { gateway: { stampsKnownRules: false } },
  },
  {
    name: 'rules that an owner does not know are taken for those that it knows',
    rule: '7',
    seed: 1,
    scenario: updates,
    but: { gateway: { stampsKnownRules: false } },
    replace: { file: 'projector.js', text: 'if (rules > rulesVersion)', by: 'if (false)' },
  },
  {
    name: 'timestamps are forgotten',
    rule: '8',
    seed: 2,
    scenario: takeovers,
    but: { store: { timestamps: false } },
  },
  {
    name: "rows have their batch's position",
    rule: '8',
    seed: 1,
    scenario: takeovers,
    but: { wrapStore: (store) => ({ ...store, write: (batch) => store.write(atLastPosition(batch)) }) },
  },
  {
    name: 'a batch spans two buckets',
    rule: '9',
    seed: 1,
    scenario: buckets,
    replace: { file: 'conversation-batch.js', text: 'this.#open.bucket !== bucket || ', by: '' },
  },
  {
    name: 'the latest bucket is raised late, and the next is not probed',
    rule: '10',
    seed: 1,
    scenario: buckets,
    but: { store: { raiseFirst: false } },
    replace: { file: 'loader.js', text: 'let bucket = latest + 1', by: 'let bucket = latest' },
  },
  {
    name: 'an empty bucket is the end',
    rule: '10',
    seed: 1,
    scenario: buckets,
    replace: { file: 'loader.js', text: 'bucket >= 0; bucket--', by: 'bucket >= latest; bucket--' },
  },
  {
    name: 'one replica is enough',
    rule: '11',
    seed: 1,
    scenario: takeovers,
    but: { store: { copies: 1 } },
  },
  {
    name: 'acknowledged before it is stored',
    rule: '11',
    seed: 1,
    scenario: takeovers,
    but: {
      wrapStore: (store) => ({
        ...store,
        write: async (batch) => {
          store.write(batch).catch(() => undefined);
        },
      }),
    },
  },
  {
    name: 'projected beside the log',
    rule: '11',
    seed: 1,
    scenario: takeovers,
    but: { store: { logFirst: false } },
  },
  {
    name: 'committed when taken',
    rule: '12',
    seed: 1,
    scenario: takeovers,
    but: { commitsEarly: true },
  },
  {
    name: 'committed before gateways took it',
    rule: '12',
    seed: 1,
    scenario: deliveries,
    replace: { file: 'projector.js', text: '[this.#settled, delivered, published]', by: '[this.#settled, published]' },
  },
  {
    name: 'committed before own read points stand',
    rule: '12',
    seed: 15,
    // A later message of the same person would make good what the crash lost: few commands, and crashes soon after them.
    scenario: {
      ...takeovers,
      faults: only({ crash: 6, rebalance: 1 }),
      faultGapMs: 150,
      channels: 0,
      commands: 12,
      burst: 0.2,
    },
    replace: { file: 'projector.js', text: '[this.#done, this.#settled, moved]', by: '[this.#done, this.#settled]' },
  },
  {
    name: 'members are read after the log',
    rule: '13',
    seed: 88,
    scenario: { ...takeovers, faults: only({ rebalance: 4, crash: 2 }), faultGapMs: 150 },
    replace: {
      file: 'loader.js',
      text: 'const last = tail.at(-1);',
      by: 'for (const { userId, ...member } of await readAllMembers(store, id)) members.set(userId, member); const last = tail.at(-1);',
    },
  },
  {
    name: 'a bucket is read in pieces, and gaps are believed',
    rule: '14',
    seed: 8,
    scenario: takeovers,
    but: { store: { oneRead: false } },
    replace: { file: 'loader.js', text: 'end < 0 ? rows : rows.slice(0, end)', by: 'rows' },
  },
  {
    name: 'replayed rows are not written again',
    rule: '15',
    seed: 1,
    scenario: takeovers,
    replace: { file: 'conversation-batch.js', text: 'this.#write(row);\n        if (rewrite)', by: 'if (rewrite)' },
  },
  {
    name: 'replayed rewrites are not written again',
    rule: '15',
    seed: 113,
    scenario: { ...buckets, commands: 60 },
    replace: { file: 'conversation-batch.js', text: 'if (rewrite)\n            this.#rewrite(rewrite);', by: '' },
  },
  {
    name: 'replayed events are not applied to what was loaded',
    rule: '15',
    seed: 1,
    scenario: takeovers,
    replace: { file: 'conversation.js', text: 'if (before && before.position > position)', by: 'if (again)' },
  },
  {
    name: 'replayed projections are not written again',
    rule: '15',
    seed: 1,
    scenario: takeovers,
    replace: {
      file: 'conversation-batch.js',
      text: 'if (change.conversation)',
      by: 'if (again) return; if (change.conversation)',
    },
  },
  {
    name: 'replayed events are not delivered again',
    rule: '15',
    seed: 1,
    scenario: takeovers,
    replace: {
      file: 'conversation-batch.js',
      text: '            event,\n            ...(state.kind',
      by: '            event: again ? undefined : event,\n            ...(state.kind',
    },
  },
  {
    name: 'replayed bumps are not written again',
    rule: '15',
    seed: 2,
    scenario: { ...takeovers, faults: only({ crash: 4, rebalance: 2, logAges: 4 }), faultGapMs: 200 },
    replace: {
      file: 'conversation.js',
      text: '(again && (position === state.position || event.sentAtMs === state.bumpedAtMs))',
      by: 'false',
    },
  },
  {
    name: 'no rows is a rejection',
    rule: '16',
    seed: 1,
    scenario: { ...takeovers, faults: only({ crash: 3, rebalance: 2, disconnect: 2 }), flakyLog: 1 },
    replace: {
      file: 'conversation-batch.js',
      text: "{ kind: 'silence' }",
      by: "{ kind: 'reject', code: 'INVALID', message: '' }",
    },
  },
  {
    name: 'the end of the log is not asked for again',
    rule: '17',
    seed: 4,
    scenario: { ...takeovers, faults: only({ rebalance: 4 }), flaky: 2 },
    replace: { file: 'projector.js', text: 'await assignment.currentEnd()', by: 'assignment.endOffset' },
  },
  {
    name: 'a log that lost its end is taken for the one that it was',
    rule: '17',
    seed: 1,
    scenario: { ...takeovers, faults: only({}) },
    replace: { file: 'projector.js', text: 'if (endOffset < mark.nextOffset)', by: 'if (false)' },
    meddle: { with: loseEnd, halts: 'records of it were applied' },
  },
  {
    name: 'a replayed record is not compared with its row',
    rule: '17',
    seed: 3,
    scenario: { ...takeovers, faults: only({}) },
    replace: {
      file: 'conversation-batch.js',
      text: 'if (row.commandId !== command.commandId || row.senderId !== command.senderId)',
      by: 'if (false)',
    },
    meddle: { with: swapEnd, halts: 'is not the one that made seq' },
  },
  {
    name: 'commands behind a refused one go on',
    rule: '18',
    seed: 13,
    scenario: { ...takeovers, faults: only({}), flakyLog: 1, burst: 0.9 },
    replace: { file: 'command-router.js', text: 'if (lane.refused) {', by: 'if (false) {' },
  },
  {
    name: 'a connection is registered after its client syncs',
    rule: 'delivery',
    seed: 2,
    scenario: { ...deliveries, faults: only({ disconnect: 3 }), faultGapMs: 60, commands: 8, people: 4, devicesMax: 2 },
    but: { gateway: { registerFirst: false } },
  },
  {
    name: 'a ResyncAll is dropped',
    rule: 'delivery',
    seed: 1,
    scenario: deliveries,
    but: { gateway: { resyncAll: false } },
  },
  {
    name: 'a registry that lost connections is not told',
    rule: 'delivery',
    seed: 3,
    scenario: deliveries,
    but: { gateway: { heals: false } },
  },
  {
    name: 'a resync during a sync is forgotten',
    rule: 'delivery',
    seed: 5,
    scenario: { ...deliveries, faults: only({ disconnect: 3, streamBreak: 3, registryFlush: 1 }), faultGapMs: 200 },
    but: { client: { resyncsAgain: false } },
  },
  {
    name: 'what is known is the highest seq',
    rule: 'delivery',
    seed: 1,
    scenario: { ...deliveries, ...takeovers },
    but: { client: { knownIsPrefix: false } },
  },
  {
    name: 'nobody syncs when presence is back',
    rule: 'delivery',
    seed: 1,
    scenario: { ...deliveries, faults: only({ registryAway: 4 }), queueBytesMax: 1 << 20, awayMsMax: 20_000 },
    replace: { file: 'delivery.js', text: 'queue?.dropAll()', by: 'undefined' },
  },
  {
    name: 'a gateway that is not listed yet is taken for gone',
    rule: 'delivery',
    seed: 1,
    scenario: { ...deliveries, faults: only({ gatewayKill: 2, disconnect: 2, rebalance: 1 }), commands: 30 },
    replace: { file: 'sim/simulated-directory.js', text: 'await this.refresh();', by: '' },
  },
  {
    name: 'a gateway that is gone is waited for',
    rule: 'delivery',
    seed: 1,
    scenario: { ...deliveries, faults: only({ gatewayKill: 3 }) },
    replace: { file: 'gateway-queue.js', text: "error.code === 'NOT_FOUND'", by: 'false' },
  },
  {
    name: 'a queue that closed stays in use',
    rule: 'delivery',
    seed: 12,
    scenario: {
      ...deliveries,
      faults: only({ gatewayPause: 3 }),
      faultGapMs: 20_000,
      gapMs: 8000,
      pauseMsMax: 300_000,
    },
    replace: { file: 'delivery.js', text: 'if (this.#queues.get(gatewayId) === queue)', by: 'if (false)' },
  },
  {
    name: 'an edit goes to all members with its content',
    rule: 'visibility',
    seed: 1,
    scenario: groups,
    replace: { file: 'conversation-batch.js', text: '!sees(state, userId, seq)', by: 'false' },
  },
  {
    name: 'all members see everything',
    rule: 'visibility',
    seed: 1,
    scenario: groups,
    replace: { file: 'viewer.js', text: 'Math.max(1, visibleFromSeq)', by: '1' },
  },
  {
    name: 'who was removed reads what was edited since',
    rule: 'visibility',
    seed: 1,
    scenario: { ...groups, faults: only({ offline: 4 }), rewrites: 8, commands: 80 },
    replace: { file: 'viewer.js', text: 'row.eventPosition > endedAt', by: 'false' },
  },
  {
    name: 'who is removed reads on until the row of their membership is written',
    rule: 'visibility',
    seed: 1,
    scenario: { ...groups, groups: 8 },
    replace: { file: 'batch-writes.js', text: 'batches.flatMap((batch) => batch.leavings)', by: '[]' },
  },
  {
    name: 'who comes and goes is forgotten to be banned',
    rule: '15',
    seed: 1,
    scenario: { ...groups, groups: 8 },
    replace: { file: 'conversation.js', text: '...stayOf(userId), banned: true', by: '...stayOf(userId)' },
  },
  {
    name: 'uses of invites are counted again by replays',
    rule: '15',
    seed: 1,
    scenario: { ...takeovers, groups: 8 },
    replace: { file: 'conversation.js', text: 'position > state.position', by: 'position >= state.position' },
  },
  {
    name: 'replayed settings undo later ones',
    rule: '15',
    seed: 1,
    scenario: { ...takeovers, groups: 6 },
    replace: { file: 'conversation.js', text: 'if (newer)\n            state.details', by: 'state.details' },
  },
  {
    name: 'replayed events go to those who are members now',
    rule: 'recipients',
    seed: 6,
    scenario: takeovers,
    replace: { file: 'conversation-batch.js', text: 'membersAt(state, event.seq)', by: 'present' },
  },
  {
    name: 'what is due is not kept',
    rule: 'timers',
    seed: 3,
    scenario: disappearing,
    but: {
      wrapStore: (store) => ({
        ...store,
        write: (batch) => store.write({ ...batch, projections: { ...batch.projections, timers: [] } }),
      }),
    },
  },
  {
    name: "messages disappear by the owner's clock",
    rule: 'timers',
    seed: 4,
    scenario: disappearing,
    replace: { file: 'expiry.js', text: ' || !isExpired(target, atMs)', by: '' },
  },
  {
    name: 'one command for whatever begins with the same message',
    rule: 'timers',
    seed: 5,
    scenario: disappearing,
    replace: { file: 'timers.js', text: "['expire', ...seqs]", by: "['expire', seqs[0]]" },
  },
];
