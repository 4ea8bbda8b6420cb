/** Second factors and passkeys on PostgreSQL. */
import { factorsContract } from './factors.contract.ts';
import { authOnPostgres } from './test/auth-on-postgres.ts';

factorsContract('PostgreSQL', authOnPostgres);
