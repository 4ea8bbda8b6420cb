import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { channelsContract } from './channels.contract.ts';
import type { ChatNet } from './chat.contract.ts';
import { ClusterNet } from './index.ts';
import { People } from './people.ts';

let net: ClusterNet;
beforeAll(async () => {
  net = await ClusterNet.start({ env: { CLATTER_PRESENCE_GRACE_MS: '100' } });
});
afterAll(() => net?.[Symbol.asyncDispose]());

/** People of one test, on the cluster that all tests share. */
class Corner extends People implements ChatNet {
  pushes(userId: string) {
    return net.pushes(userId);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

channelsContract(async () => new Corner(net.url, `-${randomBytes(4).toString('hex')}`));
