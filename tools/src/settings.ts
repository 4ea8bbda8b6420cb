/** All settings that there are: of the one-process platform, and of the processes of a cluster. */
import { authProcessConfig } from '@clatter/auth';
import { gatewayProcessConfig } from '@clatter/gateway';
import { messagesProcessConfig } from '@clatter/messages';
import { notificationsProcessConfig } from '@clatter/notifications';
import { presenceProcessConfig } from '@clatter/presence';
import { settingsSchema } from '@clatter/standalone';

/** By service, the schemas of its settings; `standalone` is all of them in one process. */
export const standalone = settingsSchema.shape;
export const processes = {
  gateway: gatewayProcessConfig.shape,
  auth: authProcessConfig.shape,
  messages: messagesProcessConfig.shape,
  presence: presenceProcessConfig.shape,
  notifications: notificationsProcessConfig.shape,
};

export const settingNames: ReadonlySet<string> = new Set(
  [standalone, ...Object.values(processes)].flatMap(Object.keys),
);
