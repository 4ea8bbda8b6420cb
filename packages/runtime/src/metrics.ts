/**
 * Metrics: OpenTelemetry instruments, shown as Prometheus text. A counter is a plain number that is read when somebody asks, so that
 * the hot path pays an addition.
 */
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

export interface Counter {
  add(count: number): void;
}

export interface Histogram {
  record(value: number): void;
}

export interface Metrics {
  /** Name ends in `_total`. */
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string, read: () => number): void;
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
  /** All of them in Prometheus' text format. */
  text(): Promise<string>;
}

export function createMetrics(): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter('clatter');
  const serializer = new PrometheusSerializer();
  return {
    counter(name, help) {
      let total = 0;
      // Prometheus' serializer adds the suffix to counters by itself.
      meter
        .createObservableCounter(name.replace(/_total$/, ''), { description: help })
        .addCallback((result) => result.observe(total));
      return {
        add(count) {
          total += count;
        },
      };
    },
    gauge(name, help, read) {
      meter.createObservableGauge(name, { description: help }).addCallback((result) => result.observe(read()));
    },
    histogram(name, help, bounds) {
      const histogram = meter.createHistogram(name, {
        description: help,
        advice: { explicitBucketBoundaries: [...bounds] },
      });
      return { record: (value) => histogram.record(value) };
    },
    async text() {
      const { resourceMetrics } = await exporter.collect();
      return serializer.serialize(resourceMetrics);
    },
  };
}
