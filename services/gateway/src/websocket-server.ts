/** Takes upgrades of GET /v1/ws. `ws` reads and closes; the frames of the server are written to the socket itself. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '@clatter/runtime';
import { type CloseCode, type FrameEncoding, subprotocols } from '@clatter/wire';
import { WebSocket, WebSocketServer } from 'ws';
import type { GatewayConfig } from './config.ts';
import type { Connection, ConnectionSocket } from './connection.ts';
import { pingBytes } from './frame-bytes.ts';
import type { Origins } from './origins.ts';
import { SocketWriter, TurnEnd } from './socket-writer.ts';

export const SOCKET_PATH = '/v1/ws';
/** After a close frame, the peer has so long to answer it. */
const CLOSE_MS = 2000;
/** Pongs that may be waited for at once; a peer that answers none of so many pings is dead. */
const PROBES_MAX = 10_000;

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
  const { config, origins, accepts } = parts;
  const connections = new Set<Connection>();
  const turnEnd = new TurnEnd();
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
      const encoding = (Object.keys(subprotocols) as FrameEncoding[]).find(
        (name) => subprotocols[name] === webSocket.protocol,
      );
      if (encoding) attach({ webSocket, socket, encoding }, { ...parts, turnEnd, connections });
      else end(webSocket, 4504, `want ${Object.values(subprotocols).join(' or ')}`, parts.clock);
    });
  });
  return connections;
}

/** Makes a connection of a socket, and keeps it alive as long as its peer is. */
function attach(
  { webSocket, socket, encoding }: { webSocket: WebSocket; socket: Duplex; encoding: FrameEncoding },
  {
    clock,
    config,
    logger,
    connect,
    turnEnd,
    connections,
  }: UpgradeParts & { turnEnd: TurnEnd; connections: Set<Connection> },
): void {
  const writer = new SocketWriter(socket, turnEnd);
  const probes = new Map<number, () => void>();
  let nextProbe = 1;
  const connection = connect(encoding, {
    get unsentBytes() {
      return writer.unsentBytes;
    },
    // Nothing may follow a close frame, whoever began to close.
    write: (frame) => {
      if (webSocket.readyState === WebSocket.OPEN) writer.push(frame);
    },
    probe(received) {
      if (probes.size >= PROBES_MAX) return webSocket.terminate();
      probes.set(nextProbe, received);
      writer.push(pingBytes(nextProbe++));
    },
    close(code, reason, drop) {
      writer.end(drop);
      end(webSocket, code, reason, clock);
    },
  });
  connections.add(connection);
  let heardAtMs = clock.nowMs();
  const heard = (): void => {
    heardAtMs = clock.nowMs();
  };
  let cancelPing: () => void;
  const watch = (): void => {
    cancelPing = clock.timer(config.CLATTER_GATEWAY_PING_MS, () => {
      const silentMs = clock.nowMs() - heardAtMs;
      if (silentMs >= config.CLATTER_GATEWAY_PING_MS * 2) return webSocket.terminate();
      if (silentMs >= config.CLATTER_GATEWAY_PING_MS) writer.push(pingBytes(0));
      watch();
    });
  };
  watch();
  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    heard();
    try {
      connection.onFrame(isBinary ? data : data.toString('utf8'));
    } catch (error) {
      logger.error({ err: error, connection: connection.number }, 'a frame met a bug: its socket is closed');
      connection.close(4002, '1000');
    }
  });
  webSocket.on('ping', heard);
  webSocket.on('pong', (data: Buffer) => {
    heard();
    const probe = data.length === 4 ? data.readUInt32BE(0) : 0;
    const received = probes.get(probe);
    probes.delete(probe);
    received?.();
  });
  webSocket.on('error', () => {
    // ws has sent its close frame: ours would come after it.
    writer.end(true);
    connection.onClosed();
    clock.timer(CLOSE_MS, () => webSocket.terminate());
  });
  webSocket.on('close', () => {
    cancelPing();
    connections.delete(connection);
    connection.onClosed();
  });
}

function end(webSocket: WebSocket, code: CloseCode, reason: string, clock: Clock): void {
  webSocket.close(code, cut(reason));
  const cancel = clock.timer(CLOSE_MS, () => webSocket.terminate());
  webSocket.on('close', cancel);
}

/** A close frame has room for 123 bytes of reason (RFC 6455 §5.5). */
function cut(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= 123 ? reason : bytes.subarray(0, 120).toString().replaceAll('\ufffd', '');
}

function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
