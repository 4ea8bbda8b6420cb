#!/usr/bin/env node
/** `make stack-up`, `make stack-down`, `make cluster` and `make ps`. */
import { join } from 'node:path';
import { Command } from 'commander';
import { Cluster } from './cluster.ts';
import { ROOT } from './paths.ts';
import { COUNTS, layOut } from './services.ts';
import { createDatabase } from './stack/postgres.ts';
import { STACK_PORTS, Stack } from './stack/stack.ts';

const CACHE = join(ROOT, '.cache');

/** Of the load balancer: the address that `make run` has too. */
const PORT = 8080;

/** Of the service processes: from here on, one after the other. */
const FIRST_PORT = 8100;

const stack = new Stack({
  runDir: join(CACHE, 'stack', 'run'),
  dataDir: join(CACHE, 'stack', 'data'),
  ports: STACK_PORTS,
  durable: process.env.DURABLE !== '0',
});

function cluster(): Cluster {
  let port = FIRST_PORT;
  return new Cluster({
    ...stack.addresses,
    postgres: createDatabase(stack.addresses.postgres, 'clatter'),
    members: layOut(COUNTS, () => port++),
    prefix: '',
    dataDir: join(CACHE, 'cluster', 'data'),
    runDir: join(CACHE, 'cluster', 'run'),
    port: PORT,
    env: {},
  });
}

const banner = (url: string): string => `
Clatter is running as separate processes on real servers.

  Open      ${url.replace('127.0.0.1', 'localhost')}
  Look      make ps shows each process, its health and its log; make ps NAME=messages-1 the end of one log
  Load      make replay, in another window
  Stop      Ctrl-C stops the services; make stack-down the servers, whose data stays in .cache/stack/data
`;

const program = new Command('clatter-cluster').description('Runs Clatter as separate processes on this machine.');

program
  .command('stack-up')
  .description('start Kafka, Cassandra, Redis and PostgreSQL')
  .action(async () => {
    await stack.start();
    for (const [name, address] of Object.entries(stack.addresses))
      if (typeof address === 'string') console.log(`${name.padEnd(10)} ${address}`);
  });

program
  .command('stack-down')
  .description('stop them; their data stays')
  .action(() => stack.stop());

program
  .command('up')
  .description('start the servers and all services, and stop the services at Ctrl-C')
  .action(async () => {
    await stack.start();
    const services = cluster();
    const stop = (): void => {
      services.stop().then(
        (forced) => {
          if (forced.length > 0) console.error(`clatter: did not end in good order: ${forced.join(', ')}`);
          process.exit(forced.length > 0 ? 1 : 0);
        },
        (error) => {
          console.error(error);
          process.exit(1);
        },
      );
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    await services.stop();
    await services.start();
    services.supervise((name, tail) =>
      console.error(`clatter: ${name} ended and is started again. Its last lines:\n${tail}`),
    );
    console.log(banner(services.url));
    // The watchers' timers keep this process alive.
  });

program
  .command('ps')
  .description('show each process, its health and its log')
  .argument('[name]', 'show the end of the log of this one')
  .action(async (name?: string) => {
    const services = cluster();
    if (name) {
      console.log(
        [...stack.servers, ...services.processes].find((daemon) => daemon.name === name)?.tail(40) ??
          services.process(name).tail(40),
      );
      return;
    }
    const servers = await Promise.all(
      stack.servers.map(async (server) => ({
        name: server.name,
        pid: server.pid,
        health: server.pid === undefined ? 'down' : (await server.serves()) ? 'ready' : 'starting',
        logFile: server.logFile,
      })),
    );
    for (const { name: of, pid, health, logFile } of [...servers, ...(await services.states())])
      console.log(`${of.padEnd(16)} ${String(pid ?? '-').padStart(7)}  ${health.padEnd(16)} ${logFile}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(`clatter: ${(error as Error).message}`);
  process.exitCode = 1;
}
