/** Every error of HTTP as an RFC 9457 problem, Fastify's and Nest's own too. */
import type { Socket } from 'node:net';
import { type Logger, toProblem } from '@clatter/runtime';
import { ClatterError, type ErrorCode } from '@clatter/wire';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OutageLog } from '../outage-log.ts';

const byStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  415: 'INVALID',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
};

/** Where what a client is not told goes. */
export interface ProblemLogs {
  readonly logger: Logger;
  readonly outages: OutageLog;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logs: ProblemLogs) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    sendProblem(reply, translate(error), this.logs, request);
  }
}

/** What frameworks throw, in our terms. */
export function translate(error: unknown): unknown {
  if (error instanceof ClatterError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number })?.statusCode;
  const code = status === undefined ? undefined : byStatus[status];
  if (!code) return error;
  if (code === 'NOT_FOUND') return new ClatterError(code, 'there is no such path');
  return new ClatterError(code, status === 415 ? 'content-type: want application/json' : (error as Error).message);
}

export function sendProblem(
  reply: FastifyReply,
  error: unknown,
  { logger, outages }: ProblemLogs,
  request: FastifyRequest,
): void {
  const { retryAfterMs, ...problem } = toProblem(error);
  if (problem.code === 'INTERNAL')
    logger.error(
      { err: error, requestId: request.id, method: request.method, route: request.routeOptions?.url },
      'a request failed',
    );
  else outages.note(error);
  if (retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  reply
    .status(problem.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify({ ...problem, instance: `urn:request:${request.id}` }));
}

/** What is not even HTTP, or has headers without end, is answered on the bare socket. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const { retryAfterMs: _, ...problem } = toProblem(
    tooLarge
      ? new ClatterError('TOO_LARGE', 'the headers are too large')
      : new ClatterError('INVALID', late ? 'the request did not come whole in time' : 'want HTTP/1.1'),
  );
  const body = JSON.stringify(problem);
  const status = `${problem.status} ${tooLarge ? 'Content Too Large' : 'Bad Request'}`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
