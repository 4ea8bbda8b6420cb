import { chatContract } from './chat.contract.ts';
import { TestNet } from './index.ts';

chatContract(() => TestNet.start({ CLATTER_PRESENCE_GRACE_MS: '100' }));
