import { describe, expect, it } from 'vitest';
import { IdWindow, idHash, WINDOW_MS } from './id-window.ts';

const hash = (n: number) => idHash('sender', `command ${n}`);

describe('the window of ids', () => {
  it('finds every id that was added, and no other', () => {
    const window = new IdWindow(1, 0);
    for (let seq = 1; seq <= 5000; seq++) window.add(hash(seq), seq, seq);
    for (let seq = 1; seq <= 5000; seq++) expect(window.candidates(hash(seq))).toContain(seq);
    expect(window.candidates(hash(5001))).toEqual([]);
    expect(window.completeFromSeq).toBe(1);
  });

  it('tells candidates of one hash apart by their seqs', () => {
    const window = new IdWindow(1, 0);
    window.add(hash(7), 1, 0);
    window.add(hash(7), 2, 0);
    expect(window.candidates(hash(7)).sort()).toEqual([1, 2]);
    expect(idHash('a', 'bc')).not.toEqual(idHash('b', 'ac'));
  });

  it('forgets what is older than it keeps, and says from where on it is complete', () => {
    const window = new IdWindow(1, 0);
    const minutes = 30;
    for (let seq = 1; seq <= minutes * 60; seq++) window.add(hash(seq), seq, seq * 1000);
    const nowMs = minutes * 60_000;
    expect(window.candidates(hash(1))).toEqual([]);
    expect(window.completeFromMs).toBeGreaterThan(0);
    expect(window.completeFromMs).toBeLessThanOrEqual(nowMs - WINDOW_MS);
    for (let seq = window.completeFromSeq; seq <= minutes * 60; seq++)
      expect(window.candidates(hash(seq))).toEqual([seq]);
    // Every id with a log time from there on is in it.
    for (let seq = 1; seq <= minutes * 60; seq++)
      if (seq * 1000 >= window.completeFromMs) expect(window.candidates(hash(seq))).toEqual([seq]);
  });

  it('costs a few bytes an id', () => {
    const window = new IdWindow(1, 0);
    for (let seq = 1; seq <= 50_000; seq++) window.add(hash(seq), seq, seq);
    expect(window.bytes / 50_000).toBeLessThan(60);
  });
});
