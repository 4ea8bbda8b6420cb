import { channelsContract } from './channels.contract.ts';
import { TestNet } from './index.ts';

channelsContract(() => TestNet.start({ CLATTER_PRESENCE_GRACE_MS: '100' }));
