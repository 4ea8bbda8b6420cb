export * from './event-log.ts';
export * from './topics.ts';
