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

/** Some rules that are other ones. */
export interface RuleChanges extends Partial<Pick<Rules, 'commitsEarly' | 'wrapStore'>> {
  readonly store?: Partial<StoreRules>;
  readonly gateway?: Partial<GatewayRules>;
  readonly client?: Partial<ClientRules>;
}

export const allRules = ({ store, gateway, client, ...others }: RuleChanges = {}): Rules => ({
  commitsEarly: false,
  wrapStore: (wrapped) => wrapped,
  ...others,
  store: { ...storeRules(), ...store },
  gateway: { ...gatewayRules(), ...gateway },
  client: { ...clientRules(), ...client },
});
