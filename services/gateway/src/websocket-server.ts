/** Takes upgrades of GET /v1/ws. `ws` reads, pings and closes; the frames of the server are written to the socket itself. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@clatter/runtime';
import { type CloseCode, type FrameEncoding, subprotocols } from '@clatter/wire';
import { type WebSocket, WebSocketServer } from 'ws';
import type { GatewayConfig } from './config.ts';
import type { Connection, ConnectionSocket } from './connection.ts';
import { SocketWriter, TurnEnd } from './socket-writer.ts';

const PATH = '/v1/ws';
/** After a close frame, the peer has so long to answer it. */
const CLOSE_MS = 2000;

export interface UpgradeParts {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  /** Whether new sockets are taken. */
  readonly accepts: () => boolean;
  readonly connect: (encoding: FrameEncoding, socket: ConnectionSocket) => Connection;
}

export function takeUpgrades(server: Server, parts: UpgradeParts): void {
  const { config, clock, accepts, connect } = parts;
  const turnEnd = new TurnEnd();
  const origins = new Set(
    config.CLATTER_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  );
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
    if (path !== PATH) return refuse(socket, '404 Not Found');
    if (!accepts()) return refuse(socket, '503 Service Unavailable', 'Retry-After: 1\r\n');
    if (!originAllowed(request, origins)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const encoding = (Object.keys(subprotocols) as FrameEncoding[]).find(
        (name) => subprotocols[name] === webSocket.protocol,
      );
      if (!encoding)
        return webSocket.close(4504 satisfies CloseCode, `want ${Object.values(subprotocols).join(' or ')}`);
      attach(webSocket, socket, encoding);
    });
  });

  const attach = (webSocket: WebSocket, socket: Duplex, encoding: FrameEncoding): void => {
    const writer = new SocketWriter(socket, turnEnd);
    const connection = connect(encoding, {
      writer,
      close(code, reason) {
        writer.flush();
        webSocket.close(code, reason.slice(0, 120));
        clock.timer(CLOSE_MS, () => webSocket.terminate());
      },
    });
    let heardAtMs = clock.nowMs();
    let cancelPing: () => void;
    const watch = (): void => {
      cancelPing = clock.timer(config.CLATTER_GATEWAY_PING_MS, () => {
        const silentMs = clock.nowMs() - heardAtMs;
        if (silentMs >= config.CLATTER_GATEWAY_PING_MS * 2) return webSocket.terminate();
        if (silentMs >= config.CLATTER_GATEWAY_PING_MS) webSocket.ping();
        watch();
      });
    };
    watch();
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      heardAtMs = clock.nowMs();
      connection.onFrame(isBinary ? data : data.toString('utf8'));
    });
    webSocket.on('pong', () => {
      heardAtMs = clock.nowMs();
    });
    // ws answers what breaks the protocol itself with 1002, 1007 or 1009, and then closes.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      cancelPing();
      connection.onClosed();
    });
  };
}

function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** A page of another origin must be on the list; programs send no Origin. */
function originAllowed({ headers }: IncomingMessage, origins: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.has('*') || origins.has(origin)) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
