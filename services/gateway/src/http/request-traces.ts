/** Every request is done in a trace: that of its `traceparent` header where it has a valid one (W3C Trace Context), else a new one. */
import { continueTrace, inTrace } from '@clatter/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export function traceRequests(fastify: FastifyInstance): void {
  const traces = new WeakMap<FastifyRequest, string>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { traceparent } = request.headers;
    const trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined);
    traces.set(request, trace);
    inTrace(trace, done);
  });
  // Bodies are read as the socket's bytes come, which is outside of the trace: what follows is in it again.
  fastify.addHook('preValidation', (request, _reply, done) => inTrace(traces.get(request), done));
}
