/**
 * The whole platform in this process, or in one of its own that can be killed, with people who are connected to it:
 *
 * ```ts
 * await using net = await TestNet.start();
 * const [alice, bob] = await net.people('alice', 'bob');
 * ```
 */
export { ClusterNet } from './cluster-net.ts';
export { PlatformProcess } from './platform-process.ts';
export { RawSocket } from './raw-socket.ts';
export { testServers } from './servers.ts';
export { TestNet } from './testnet.ts';
export { until } from './until.ts';
