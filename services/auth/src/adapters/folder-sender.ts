/**
 * Mails and text messages as files in a folder, for people to look at where no server is set: `2026-11-25T09-30-00.000Z-0001.eml`, which mail
 * programs open, and `….txt` for text messages. A line of the log names each. The newest FILES_KEPT stay.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '@clatter/runtime';
import { createTransport } from 'nodemailer';
import type { MailSender, SmsSender } from '../ports.ts';

const FILES_KEPT = 500;
const NAME = /^\d{4}-\d\d-\d\dT[\d-]+\.\d{3}Z-\d{4}\.(eml|txt)$/;

export interface FolderOptions {
  readonly dir: string;
  readonly from: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly filesKept?: number;
}

export function createFolderSender({ dir, from, clock, logger, filesKept = FILES_KEPT }: FolderOptions): {
  readonly mail: MailSender;
  readonly sms: SmsSender;
} {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' }, { from });
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();

  const write = async (what: string, ending: string, content: Buffer | string): Promise<void> => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    count = (count + 1) % 10_000;
    const time = new Date(clock.nowMs()).toISOString().replaceAll(':', '-');
    const file = join(dir, `${time}-${String(count).padStart(4, '0')}.${ending}`);
    await writeFile(file, content, { mode: 0o600 });
    const old = (await readdir(dir)).filter((name) => NAME.test(name)).sort();
    await Promise.all(
      old.slice(0, Math.max(0, old.length - filesKept)).map((name) => rm(join(dir, name), { force: true })),
    );
    logger.info({ file }, `${what} was written to a file, since no server is set for it`);
  };
  /** One after the other: files are removed in between. */
  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const mine = last.then(run);
    last = mine.catch(() => undefined);
    return mine;
  };

  return {
    mail: {
      async send({ to, ...mail }) {
        const { message } = await transport.sendMail({ to: { name: '', address: to }, ...mail });
        await inTurn(() => write('a mail', 'eml', message as Buffer));
      },
      async close() {
        await last;
      },
    },
    sms: { send: (to, text) => inTurn(() => write('a text message', 'txt', `To: ${to}\n\n${text}\n`)) },
  };
}
