/** The rules that a run keeps; a test leaves one out to see that the simulator finds it. */
import type { MessageStore } from '../ports.ts';
import { type ClientRules, clientRules } from './simulated-client.ts';
import { type GatewayRules, gatewayRules } from './simulated-gateway.ts';
import { type StoreRules, storeRules } from './simulated-store.ts';

export interface Rules {
  readonly store: StoreRules;
  readonly gateway: GatewayRules;
  readonly client: ClientRules;
  commitsEarly: boolean;
  wrapStore(store: MessageStore): MessageStore;
}

export const allRules = (): Rules => ({
  store: storeRules(),
  gateway: gatewayRules(),
  client: clientRules(),
  commitsEarly: false,
  wrapStore: (store) => store,
});
