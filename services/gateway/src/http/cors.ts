/** Pages of the listed origins may read what the API answers (https://fetch.spec.whatwg.org/#http-cors-protocol). Without cookies. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origins } from '../origins.ts';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '7200',
};

/** Answers a preflight, and then returns true. */
export function answerCors(origins: Origins, request: FastifyRequest, reply: FastifyReply): boolean {
  const { origin } = request.headers;
  if (origin === undefined || !origins.isListed(origin)) return false;
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after',
    vary: 'origin',
  });
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  reply.headers(PREFLIGHT).status(204).send();
  return true;
}
