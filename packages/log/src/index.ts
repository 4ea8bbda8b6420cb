export { createEmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts';
export * from './event-log.ts';
export type { KafkaConnection } from './kafka-cluster.ts';
export { type KafkaConfig, kafkaConfig, kafkaConnection } from './kafka-config.ts';
export { createKafkaLog, type KafkaLogOptions } from './kafka-log.ts';
export { type MigrateTopicsOptions, migrateTopics } from './kafka-topics.ts';
export { recordHeaders } from './record-headers.ts';
export { type AddOp, openStorage, type SqlValue, type Statement, type Storage } from './storage.ts';
export * from './topics.ts';
