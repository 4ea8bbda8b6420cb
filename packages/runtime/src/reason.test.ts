import { expect, it } from 'vitest';
import { reasonOf } from './index.ts';

it.each([
  [new Error('connect ECONNREFUSED 10.0.0.7:9092'), 'connect ECONNREFUSED 10.0.0.7:9092'],
  [new AggregateError([new Error('at ::1'), new Error('at 127.0.0.1')]), 'at ::1, at 127.0.0.1'],
  ['a text', 'a text'],
  [
    new Error(
      'Connection error: 40CDE5E85F7F0000:error:0A000415:SSL routines:ssl3_read_bytes:ssl/tls alert certificate expired:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:918:SSL alert number 45\n',
    ),
    'Connection error: TLS: the other side says: certificate expired',
  ],
  [
    new Error(
      '403D:error:0A000416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:ssl/record/rec_layer_s3.c:918:SSL alert number 46\n',
    ),
    'TLS: the other side says: certificate unknown',
  ],
  [
    new Error(
      'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    ),
    'unable to verify the first certificate',
  ],
])('%s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});
