/** Settings of the one-process platform, beside those of its services. */
import { dataConfig, processConfig } from '@clatter/runtime';

export const standaloneConfig = dataConfig.extend(processConfig(8090).shape);
