import { TestNet } from './index.ts';
import { privacyContract } from './privacy.contract.ts';

privacyContract(() => TestNet.start({ CLATTER_PRESENCE_GRACE_MS: '100' }));
