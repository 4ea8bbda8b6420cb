/** Addresses and passwords on PostgreSQL. */
import { credentialsContract } from './credentials.contract.ts';
import { authOnPostgres } from './test/auth-on-postgres.ts';

credentialsContract('PostgreSQL', authOnPostgres);
