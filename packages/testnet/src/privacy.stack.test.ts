import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { ClusterNet } from './index.ts';
import { People } from './people.ts';
import { type PrivacyNet, privacyContract } from './privacy.contract.ts';

let net: ClusterNet;
beforeAll(async () => {
  net = await ClusterNet.start({ env: { CLATTER_PRESENCE_GRACE_MS: '100' } });
});
afterAll(() => net?.[Symbol.asyncDispose]());

/** People of one test, on the cluster that all tests share. */
class Corner extends People implements PrivacyNet {
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

privacyContract(async () => new Corner(net.url, `-${randomBytes(4).toString('hex')}`));
