import { ManualClock } from '@clatter/runtime/testing';
import { registryContract } from '../registry.contract.ts';
import { createMemoryRegistry } from './memory-registry.ts';

const LEASE_MS = 15_000;

registryContract('memory', async () => {
  const clock = new ManualClock();
  return {
    registry: createMemoryRegistry(clock, LEASE_MS),
    leaseMs: LEASE_MS,
    nowMs: () => clock.nowMs(),
    pass: (ms) => clock.advance(ms),
    end: async () => undefined,
  };
});
