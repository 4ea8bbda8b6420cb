/** Connections to the processes of one service. */
import * as grpc from '@grpc/grpc-js';
import { type GrpcOptions, MESSAGE_BYTES_MAX } from './options.ts';

const RECONNECT_MS = { base: 100, max: 2000 };
const RESOLVE_AGAIN_MS = 5000;

/**
 * Balances calls over all addresses of the target in turn. It keeps itself connected, and a call fails at once where no address can be
 * reached.
 *
 * @param target host:port, dns:///host:port, or addresses with commas between
 */
export function openChannel(target: string, { client, peerName, keepAliveMs }: GrpcOptions): grpc.Client {
  return new grpc.Client(schemed(target), client, {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    'grpc.service_config_disable_resolution': 1,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.base,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS.max,
    'grpc.dns_min_time_between_resolutions_ms': RESOLVE_AGAIN_MS,
    'grpc.keepalive_time_ms': keepAliveMs,
    'grpc.keepalive_timeout_ms': keepAliveMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    // We repeat reads ourselves; the library would keep a copy of what a stream has sent.
    'grpc.enable_retries': 0,
    // Closing it closes its connections.
    'grpc.use_local_subchannel_pool': 1,
    // The services of one platform are not called through a proxy for the web.
    'grpc.enable_http_proxy': 0,
    ...(peerName !== '' && { 'grpc.ssl_target_name_override': peerName, 'grpc.default_authority': peerName }),
  });
}

/** Several addresses are of a scheme that says so. */
function schemed(target: string): string {
  if (!target.includes(',') || /^ipv[46]:/.test(target)) return target;
  return `${target.startsWith('[') ? 'ipv6' : 'ipv4'}:${target}`;
}
