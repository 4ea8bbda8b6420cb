/** Mails by SMTP (RFC 5321), over a few connections that are kept open. With TLS, unless a setting says otherwise, and then with none. */
import { createTransport } from 'nodemailer';
import { type Mail, type MailSender, Undeliverable } from '../ports.ts';

const CONNECTIONS_MAX = 4;
/** A server that takes longer is given up; all of them together stay below the lease of mail-outbox.ts. */
const CONNECT_MS = 10_000;
const GREETING_MS = 10_000;
const SILENCE_MS = 30_000;

export interface SmtpOptions {
  /** smtp://user:password@host:port, or smtps://… for TLS from the first byte. */
  readonly url: string;
  readonly from: string;
  /** Whether smtp:// has to turn to TLS (STARTTLS) before anything is sent. */
  readonly tls: boolean;
  /** Certificates (PEM) that the server's is checked against; undefined: those that Node knows. */
  readonly ca: string | undefined;
}

export function createSmtpMailSender({ url, from, tls, ca }: SmtpOptions): MailSender {
  const transport = createTransport(
    {
      url,
      pool: true,
      maxConnections: CONNECTIONS_MAX,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: GREETING_MS,
      socketTimeout: SILENCE_MS,
      requireTLS: tls,
      ignoreTLS: !tls,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(ca !== undefined && { tls: { ca } }),
    },
    { from },
  );
  return {
    async send({ to, subject, text, html }: Mail) {
      try {
        await transport.sendMail({ to: { name: '', address: to }, subject, text, html });
      } catch (error) {
        throw isFinal(error) ? new Undeliverable(`the server refused it: ${(error as Refusal).responseCode}`) : error;
      }
    },
    async close() {
      transport.close();
    },
  };
}

type Refusal = { readonly code?: string; readonly responseCode?: number };

/** A permanent answer (RFC 5321 §4.2.1) to the recipient or to the mail itself; one to the login is a mistake that somebody mends. */
function isFinal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as Refusal;
  return responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
}
