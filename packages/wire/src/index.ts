export * from './codec.ts';
export * from './errors.ts';
export * from './frames.ts';
export * from './generated/wire.ts';
export * from './summary.ts';
