/** Free ports of loopback. */
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below those that Linux gives to outgoing connections (32768 and above, net.ipv4.ip_local_port_range): whoever starts seconds later would
 * find one of them taken by somebody's connection.
 */
const FIRST = 20_000;
const LAST = 32_767;
const TRIES_MAX = 100;

/** As many ports as asked for, all different, that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  try {
    while (held.length < count) held.push(await hold());
    return held.map(({ port }) => port);
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }
}

async function hold(): Promise<{ readonly port: number; readonly server: Server }> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(FIRST, LAST + 1);
    try {
      return { port, server: await listen(port) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === TRIES_MAX) throw error;
    }
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
