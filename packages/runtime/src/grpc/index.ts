export { type GrpcClient, grpcClient } from './client.ts';
export { type GrpcConfig, grpcConfig, grpcTarget } from './config.ts';
export { connect, connectPeer } from './connect.ts';
export { type GrpcOptions, loadGrpcOptions } from './options.ts';
export { type Peer, PeerDirectory, peersOf } from './peer-directory.ts';
export { type GrpcServer, serve, serveGrpc } from './server.ts';
