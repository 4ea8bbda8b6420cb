/**
 * The floor: a relay on plain `ws` that parses nothing and keeps nothing. Sockets connect to /<pair>/<side>; each message goes back to its
 * sender and on to the other. Prints its port.
 */
import { WebSocket, WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () => {
  process.stdout.write(`${(server.address() as { port: number }).port}\n`);
});
const sockets = new Map<string, WebSocket>();

server.on('connection', (socket, request) => {
  const [pair, side] = (request.url ?? '').slice(1).split('/');
  const other = `${pair}/${side === '0' ? '1' : '0'}`;
  sockets.set(`${pair}/${side}`, socket);
  socket.on('message', (data, binary) => {
    socket.send(data, { binary });
    const peer = sockets.get(other);
    if (peer?.readyState === WebSocket.OPEN) peer.send(data, { binary });
  });
});
