export * from './codec.ts';
export * from './generated/wire.ts';
