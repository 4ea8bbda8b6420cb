/** Takes upgrades of GET /v1/ws, straight from the HTTP server: no framework is between. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '@clatter/runtime';
import { type FrameEncoding, subprotocols } from '@clatter/wire';
import { WebSocketServer } from 'ws';
import { ClientSocket } from './client-socket.ts';
import type { GatewayConfig } from './config.ts';
import type { Connection, ConnectionSocket } from './connection.ts';
import type { Origins } from './origins.ts';
import { TurnEnd } from './socket-writer.ts';

const SOCKET_PATH = '/v1/ws';

export interface UpgradeParts {
  readonly config: GatewayConfig;
  readonly origins: Origins;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether new sockets are taken. */
  readonly accepts: () => boolean;
  readonly connect: (encoding: FrameEncoding, socket: ConnectionSocket) => Connection;
}

/** What only asks for another protocol in passing, such as HTTP/2 over clear text, is served as a plain request. */
export const wantsWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/** Returns the connections that there are at the moment, in whatever state. */
export function takeUpgrades(server: Server, parts: UpgradeParts): ReadonlySet<Connection> {
  const { config, origins, clock, logger, accepts, connect } = parts;
  const connections = new Set<Connection>();
  const shared = {
    clock,
    logger,
    turnEnd: new TurnEnd(),
    outboxBytesMax: config.CLATTER_GATEWAY_OUTBOX_BYTES_MAX,
    pingMs: config.CLATTER_GATEWAY_PING_MS,
  };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: config.CLATTER_GATEWAY_FRAME_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: false,
    skipUTF8Validation: false,
    // One that nobody speaks is echoed, so that the close frame with its code reaches the client.
    handleProtocols: (offered) =>
      Object.values(subprotocols).find((known) => offered.has(known)) ?? offered.values().next().value ?? false,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?')[0];
    if (path !== SOCKET_PATH) return refuse(socket, '404 Not Found');
    if (!accepts()) return refuse(socket, '503 Service Unavailable', 'Retry-After: 1\r\n');
    if (!origins.allows(request.headers)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // What breaks the protocol itself is answered by ws with 1002, 1007 or 1009; without a listener it would end the process.
      webSocket.on('error', () => undefined);
      const client = new ClientSocket({ webSocket, stream: socket, ...shared });
      const encoding = (Object.keys(subprotocols) as FrameEncoding[]).find(
        (name) => subprotocols[name] === webSocket.protocol,
      );
      if (!encoding) return client.close(4504, `want ${Object.values(subprotocols).join(' or ')}`);
      const connection = connect(encoding, client);
      connections.add(connection);
      client.attach(connection, () => connections.delete(connection));
    });
  });
  return connections;
}

function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
