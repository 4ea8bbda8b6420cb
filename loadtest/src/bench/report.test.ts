import { describe, expect, it } from 'vitest';
import { Latency } from '../latency.ts';
import { benchJson, describeBench, type Measured, withSection } from './report.ts';

function rung(rate: number, cpuUs: number | undefined, ...ms: number[]): Measured {
  const acked = new Latency();
  const delivered = new Latency();
  for (const value of ms) {
    acked.record(value);
    delivered.record(value * 2);
  }
  const parts = [
    { name: 'node', cpuUs: 30.04 },
    { name: 'idle', cpuUs: 0.1 },
  ];
  return {
    rate,
    sent: 10,
    acked,
    delivered,
    lostAcks: 0,
    lostDeliveries: 1,
    rejected: 2,
    seconds: 1,
    cpuUs,
    parts,
    wireBytes: 1234.4,
    loadCpuUs: 9,
  };
}

const run = {
  machine: 'Machine: one.',
  load: 'Load: some.',
  durability: 'Durability: all.',
  partsAre: 'thread' as const,
  atIso: '2027-01-02T03:04:05Z',
  relay: [rung(1000, 20, 1, 2), rung(2000, undefined, 1)],
  platform: [rung(1000, 50, 3, 4), rung(2000, 40, 5)],
};

describe('the report', () => {
  it('puts the relay and the platform side by side, with the ratio of their CPU', () => {
    const lines = describeBench(run);
    expect(lines).toContain('| 1000 | Clatter | 0 | 1 | 2 | 3.0 | 4.0 | 4.0 | 6.0 | 8.0 | 8.0 | 50.0 | 9.0 |');
    expect(lines).toContain('| 2000 | relay | 0 | 1 | 2 | 1.0 | 1.0 | 1.0 | 2.0 | 2.0 | 2.0 | unknown | 9.0 |');
    expect(lines).toContain(
      "- 1000/s: 2.50 × the relay's CPU; by thread, µs a message: node 30.0; 1234 bytes over loopback a message",
    );
    expect(lines).toContain(
      "- 2000/s: an unknown share of the relay's CPU; by thread, µs a message: node 30.0; 1234 bytes over loopback a message",
    );
  });

  it('is there for programs too', () => {
    expect(JSON.parse(benchJson(run)).platform[0]).toMatchObject({
      rate: 1000,
      cpuUs: 50,
      ackedMs: { p50: expect.closeTo(3, 1), p99: expect.closeTo(4, 1) },
    });
  });

  it('takes the place of the one before in the document, and leaves the rest', () => {
    const one = { title: '1:1, embedded', command: 'make bench' };
    const two = { title: '1:1, cluster', command: 'make bench ARGS=--cluster' };
    const first = withSection(undefined, one, ['one']);
    expect(first).toContain('# Benchmarks\n\n## 1:1, embedded');
    const both = withSection(first, two, ['other']);
    const second = withSection(`${both}\n## Others\n\nkept\n`, one, ['two']);
    expect(second).toContain('two');
    expect(second).toContain('other\n');
    expect(second).not.toContain('one\n');
    expect(second).toContain('## Others\n\nkept\n');
    expect(withSection('# Benchmarks\n\nBy hand.\n', one, ['three'])).toMatch(/By hand\.\n\n## 1:1[\s\S]*three/);
  });
});
