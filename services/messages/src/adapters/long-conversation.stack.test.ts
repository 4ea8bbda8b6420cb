import { createMetrics } from '@clatter/runtime';
import { longConversationContract } from '../contract/long-conversation.ts';
import { cassandraUnderTest } from './cassandra-under-test.ts';

longConversationContract('Cassandra', async () => {
  const cassandra = await cassandraUnderTest();
  const metrics = createMetrics();
  const store = await cassandra.open({ metrics });
  return {
    store,
    async queries() {
      const [, count] = /^clatter_messages_store_reads_total(?:\{.*\})? (\d+)/m.exec(await metrics.text()) ?? [];
      return Number(count);
    },
    async end() {
      await store.close();
      await cassandra.drop();
    },
  };
});
