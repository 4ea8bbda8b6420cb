#!/usr/bin/env node
/** `make run`: the whole platform in one process. */
import { resolve } from 'node:path';
import { runService } from '@clatter/runtime';
import { type Clatter, startClatter } from './clatter.ts';

const banner = ({ url, healthUrl, dataDir, servesWeb }: Clatter): string => {
  const shown = url.replace('127.0.0.1', 'localhost');
  const account = (name: string): string =>
    `    curl -s ${shown}/v1/accounts -H 'content-type: application/json' -d '{"username":"${name}","password":"correct horse"}'`;
  return `
Clatter is running.

  Open      ${shown}${servesWeb ? '' : ' (API only: the web client is not built here)'}
  Try it    sign up twice, in two browser windows (one of them private), find each other by name and chat; or:
${account('alice')}
${account('bob')}
  Health    ${healthUrl}/readyz and ${healthUrl}/metrics
  Data      ${resolve(dataDir)} (kept over restarts; pushes for people who are away: outbox/ there)
  Mails     ${resolve(dataDir)}/auth/mails (codes of sign-ups and forgotten passwords; CLATTER_AUTH_SMTP_URL sends them instead)
  Stop      Ctrl-C
`;
};

await runService('clatter', async () => {
  const clatter = await startClatter(process.env);
  process.stdout.write(banner(clatter));
  return clatter;
});
