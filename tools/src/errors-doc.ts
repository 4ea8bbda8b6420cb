/** Writes docs/errors.md from the tables of packages/wire. `--check` says whether it is fresh instead. */
import { readFileSync, writeFileSync } from 'node:fs';
import { closeKinds, errorKinds } from '@clatter/wire';

const file = 'docs/errors.md';

const errors = Object.entries(errorKinds).map(
  ([code, { http, grpc, retry, meaning }]) =>
    `| \`${code}\` | ${http} | ${grpc} | ${retry ? 'yes, after a wait' : 'no'} | ${meaning} |`,
);
const closes = Object.entries(closeKinds).map(
  ([code, { name, meaning }]) => `| ${code} | \`${name}\` | ${Number(code) < 4500 ? 'yes' : 'no'} | ${meaning} |`,
);

const text = `# Errors

Made from \`packages/wire/src/errors.ts\` by \`make docs\`; do not edit.

An error has a stable code and a message for people that says what, where and what was wanted. The code is the same at every edge: in a
\`reject\` frame, in the problem document of HTTP (RFC 9457), and as a gRPC status.

## Codes

| code | HTTP | gRPC | try again | what it means |
|---|---|---|---|---|
${errors.join('\n')}

\`RATE_LIMITED\` and \`UNAVAILABLE\` say how long to wait: \`retryAfterMs\` in a reject, \`Retry-After\` in HTTP.
Of \`UNAVAILABLE\` and \`INTERNAL\` clients read one sentence alone; which part is away, and why, is in the log of the gateway, once per reason and 30 s.

## Close codes of the WebSocket

Below 4500: come back, with a hint in ms in the reason where there is one. From 4500 on: do not, before something changes.

| code | name | come back | what it means |
|---|---|---|---|
${closes.join('\n')}

The WebSocket layer's own 1002, 1003, 1007 and 1009 (larger than a frame may be) mean the same as 4500.
`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error(`${file} is not what the tables say: run make docs`);
  process.exitCode = 1;
}
