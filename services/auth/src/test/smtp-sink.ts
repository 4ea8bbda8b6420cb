/** A real SMTP server on a port of its own, which keeps what it gets; and one that speaks Twilio's API. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came: headers, an empty line, the parts. */
  readonly raw: string;
}

export class SmtpSink {
  readonly mails: Received[] = [];
  readonly #server: SMTPServer;
  /** Answers to the next recipients, in place of 250. */
  readonly refusals: number[] = [];

  constructor(options: SMTPServerOptions = { disabledCommands: ['STARTTLS', 'AUTH'] }) {
    this.#server = new SMTPServer({
      logger: false,
      onRcptTo: (_address, _session, done) => {
        const code = this.refusals.shift();
        done(code === undefined ? null : Object.assign(new Error('no'), { responseCode: code }));
      },
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          this.mails.push({ from, to, raw: Buffer.concat(chunks).toString() });
          done();
        });
      },
      ...options,
    });
  }

  async start(): Promise<this> {
    // A client that does not trust the certificate ends the connection.
    this.#server.on('error', () => undefined);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Mails to an address, oldest first. */
  to(address: string): readonly Received[] {
    return this.mails.filter((mail) => mail.to.includes(address));
  }
}

/** The subjects of mails. */
export const subjects = (mails: readonly Received[]): string[] =>
  mails.map(({ raw }) => /^Subject: (.*)$/m.exec(raw)?.[1]?.trim() ?? '');

/** The code in a mail: of digits, or of letters and digits. */
export const codeIn = (mail: Received | undefined): string =>
  /^ {4}(\d{4} \d{4}|[0-9A-Z]{5}-[0-9A-Z]{5})\r?$/m.exec(mail?.raw ?? '')?.[1] ?? 'there is no code';

export async function smsServer(): Promise<{
  readonly url: string;
  readonly asked: { path: string; authorization: string; body: URLSearchParams }[];
  /** Statuses of the next answers, in place of 201. */
  readonly answers: number[];
  close(): Promise<void>;
}> {
  const asked: { path: string; authorization: string; body: URLSearchParams }[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      asked.push({ path: request.url ?? '', authorization, body: new URLSearchParams(body) });
      response.writeHead(answers.shift() ?? 201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ code: 21211, message: `The number ${body} is not valid` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
