/**
 * A service as a process of its own: settings, health port, then whatever it is wired from, opened in order and closed in reverse. A
 * process that waits for something says so once, is not ready meanwhile, and can be stopped.
 */
import type { z } from 'zod';
import { backoff } from './backoff.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import { loadConfig } from './config.ts';
import { startHealthServer } from './health-server.ts';
import { type Ids, randomIds } from './ids.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import type { processConfig } from './process-config.ts';
import { reasonOf } from './reason.ts';
import { runService } from './run-service.ts';
import { type Health, type Service, StartError } from './service.ts';
import { ToldReasons } from './told-reasons.ts';

const RETRY = { baseMs: 100, maxMs: 2000 };

type ProcessSchema = z.ZodObject<ReturnType<typeof processConfig>['shape'] & z.ZodRawShape>;

export interface ServiceProcess<S extends ProcessSchema> {
  readonly config: Readonly<z.infer<S>>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Whether the service has started and all that it needs is there. */
  readonly ready: () => Health;
  /** What was opened is closed at the end, the newest first. */
  onStop(close: () => unknown): void;
  /** The process is not ready while this is not. */
  needs(health: () => Health): void;
  /** Tries until it succeeds or the process is stopped; a StartError ends it. `what`: such as "Kafka". */
  waitFor<T>(what: string, attempt: () => Promise<T>): Promise<T>;
  /** Starts a service, and stops it at the end. */
  start(service: Service): Promise<void>;
}

/** Runs until SIGTERM or SIGINT; then the process ends with 0. Resolves when it has started. */
export function runServiceProcess<S extends ProcessSchema>(
  name: string,
  schema: S,
  wire: (process: ServiceProcess<S>) => Promise<void>,
): Promise<void> {
  return runService(name, async (stopping) => {
    const config = loadConfig(schema, process.env) as Readonly<z.infer<S>> & ProcessSettings;
    const logger = createLogger({ service: name, level: config.CLATTER_LOG_LEVEL });
    const metrics = createMetrics();
    const closers: (() => unknown)[] = [];
    const checks: (() => Health)[] = [];
    /** What is waited for → why it is not there. */
    const waits = new Map<string, string>();
    let started = false;
    const ready = (): Health => {
      const reasons = [
        ...(started || waits.size > 0 ? [] : [`${name} is starting`]),
        ...[...waits].map(([what, reason]) => `${name} waits for ${what}: ${reason}`),
        ...checks.flatMap((check) => check().reasons),
      ];
      return { ok: reasons.length === 0, reasons: [...new Set(reasons)] };
    };
    const stop = async (): Promise<void> => {
      for (let close = closers.pop(); close; close = closers.pop()) await close();
    };
    const onStop = (close: () => unknown): void => {
      if (stopping.aborted) void close();
      else closers.push(close);
    };
    const waitFor = async <T>(what: string, attempt: () => Promise<T>): Promise<T> => {
      const told = new ToldReasons();
      for (let tries = 0; ; tries++) {
        try {
          const result = await attempt();
          if (waits.delete(what)) logger.info(`${what} is there`);
          return result;
        } catch (error) {
          if (error instanceof StartError || stopping.aborted) throw error;
          const reason = reasonOf(error);
          if (told.isNew(reason)) logger.warn({ reason }, `waits for ${what}`);
          waits.set(what, reason);
          await sleep(systemClock, backoff(tries, RETRY), stopping);
        }
      }
    };
    const { CLATTER_HEALTH_HOST: host, CLATTER_HEALTH_PORT: port } = config;
    const health = await startHealthServer({ host, port, live: () => ({ ok: true, reasons: [] }), ready, metrics });
    closers.push(() => health.close());

    const wiring = wire({
      config,
      logger,
      metrics,
      clock: systemClock,
      ids: randomIds,
      ready,
      onStop,
      needs: (check) => checks.push(check),
      waitFor,
      async start(service) {
        checks.push(() => service.ready());
        onStop(() => service.stop());
        await service.start();
      },
    });
    const asked = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
    try {
      await Promise.race([wiring, asked]);
    } catch (error) {
      await stop().catch(() => undefined);
      throw error;
    }
    // Asked to stop meanwhile: what fails from here on, fails because of that.
    wiring.catch(() => undefined);
    started = !stopping.aborted;
    if (started) logger.info({ healthPort: health.port }, 'started');
    return {
      async stop() {
        logger.info('stops');
        await stop();
      },
    };
  });
}

type ProcessSettings = z.infer<ReturnType<typeof processConfig>>;
