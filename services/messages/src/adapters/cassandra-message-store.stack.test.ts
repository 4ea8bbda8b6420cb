/** The contract on a real Cassandra, in a keyspace of its own. */
import { messageStoreContract } from '../message-store.contract.ts';
import { cassandraUnderTest } from './cassandra-under-test.ts';

messageStoreContract('Cassandra', async () => {
  const cassandra = await cassandraUnderTest();
  let store = await cassandra.open();
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await cassandra.open();
    },
    async end() {
      await store.close();
      await cassandra.drop();
    },
  };
});
