/** Latencies as HDR histograms (Gil Tene), from 1 µs to 10 minutes with three digits. */
import { build, type Histogram } from 'hdr-histogram-js';

export class Latency {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
  });

  record(ms: number): void {
    this.#histogram.recordValue(Math.max(1, Math.min(600_000_000, Math.round(ms * 1000))));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** In ms; NaN where nothing was recorded. */
  percentile(percent: number): number {
    return this.count === 0 ? Number.NaN : this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : this.#histogram.maxValue / 1000;
  }

  /** `p50 1.2 ms, p99 4.5 ms, p99.9 9.8 ms, max 12.0 ms` */
  toString(): string {
    const at = (percent: number): string => `p${percent} ${this.percentile(percent).toFixed(1)} ms`;
    return `${[50, 99, 99.9].map(at).join(', ')}, max ${this.max.toFixed(1)} ms`;
  }
}
