export { type NotificationsConfig, notificationsConfig } from './config.ts';
export { notificationsProcessConfig } from './process-config.ts';
export { createNotifications, type NotificationsParts } from './service.ts';
