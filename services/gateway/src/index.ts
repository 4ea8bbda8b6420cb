export { type GatewayConfig, gatewayConfig } from './config.ts';
export { gatewayProcessConfig } from './process-config.ts';
export { createGateway, type GatewayParts } from './service.ts';
