import { describe, expect, it } from 'vitest';
import { createMetrics } from './index.ts';

describe('createMetrics', () => {
  it('shows counters, gauges and histograms as Prometheus text', async () => {
    const metrics = createMetrics();
    const counter = metrics.counter('clatter_things_total', 'Things that came');
    let size = 3;
    metrics.gauge('clatter_size', 'How many there are', () => size);
    const histogram = metrics.histogram('clatter_wait_ms', 'How long it took', [1, 10]);
    counter.add(2);
    counter.add(3);
    for (const value of [0.5, 5, 50]) histogram.record(value);
    const before = await metrics.text();
    expect(before).toContain('# HELP clatter_things_total Things that came\n# TYPE clatter_things_total counter\n');
    expect(before).toMatch(/^clatter_things_total\{.*\} 5$/m);
    expect(before).toMatch(/^clatter_size\{.*\} 3$/m);
    expect(before).toMatch(/^clatter_wait_ms_bucket\{.*le="1"\} 1$/m);
    expect(before).toMatch(/^clatter_wait_ms_bucket\{.*le="10"\} 2$/m);
    expect(before).toMatch(/^clatter_wait_ms_bucket\{.*le="\+Inf"\} 3$/m);
    expect(before).toMatch(/^clatter_wait_ms_count\{.*\} 3$/m);
    counter.add(1);
    size = 1;
    const after = await metrics.text();
    expect(after).toMatch(/^clatter_things_total\{.*\} 6$/m);
    expect(after).toMatch(/^clatter_size\{.*\} 1$/m);
  });

  it('shows a counter that nothing was added to: an alert must tell 0 from unknown', async () => {
    const metrics = createMetrics();
    metrics.counter('clatter_lost_total', 'Must stay 0');
    expect(await metrics.text()).toMatch(/^clatter_lost_total\{.*\} 0$/m);
  });

  it('keeps the metrics of two platforms in one process apart', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.counter('clatter_a_total', 'A').add(1);
    expect(await other.text()).not.toContain('clatter_a_total');
  });
});
