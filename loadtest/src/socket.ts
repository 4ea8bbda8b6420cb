/** Sockets of the load tester: without compression, which would be most of its work. */
import type { SocketLike } from '@clatter/client';
import WebSocket from 'ws';

export const openSocket = (url: string, protocol: string): SocketLike =>
  new WebSocket(url, protocol, { perMessageDeflate: false }) as unknown as SocketLike;
