#!/usr/bin/env node
/** Auth as a process of its own. */
import { AuthService, FactorsService, PeopleService, SsoService } from '@clatter/contracts/auth';
import { openKafkaLog } from '@clatter/log';
import { runServiceProcess } from '@clatter/runtime';
import { loadGrpcOptions, serve, serveGrpc } from '@clatter/runtime/grpc';
import { authProcessConfig } from './process-config.ts';
import { createAuth } from './service.ts';

await runServiceProcess('auth', authProcessConfig, async (process) => {
  const { config, logger, clock, ids, ready } = process;
  const grpc = loadGrpcOptions(config, logger);
  const log = await openKafkaLog(process, 'auth');
  const auth = createAuth({ config, log, logger, clock, ids, dataDir: config.CLATTER_DATA_DIR });
  await process.start(auth);
  const server = await serveGrpc({
    ...grpc,
    host: config.CLATTER_AUTH_GRPC_HOST,
    port: config.CLATTER_AUTH_GRPC_PORT,
    portSetting: 'CLATTER_AUTH_GRPC_PORT',
    services: [
      serve(AuthService, () => auth.auth),
      serve(FactorsService, () => auth.factors),
      serve(PeopleService, () => auth.people),
      serve(SsoService, () => auth.sso),
    ],
    ready,
    logger,
  });
  process.onStop(() => server.close());
});
