/** Certificates for servers and services that speak TLS, made by openssl: an authority, and what it signs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a certificate and its key, PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class CertificateAuthority {
  /** The file of its own certificate. */
  readonly certificate: string;
  readonly #dir: string;

  /** @param dir where it lies as ca.pem and ca.key, or is made */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#dir = dir;
    this.certificate = join(dir, 'ca.pem');
    // One that is there signs on.
    if (existsSync(this.certificate)) return;
    const own = ['-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem'];
    this.#openssl('req', '-x509', ...KEY, '-days', '30', ...own);
  }

  /**
   * @param name of its files
   * @param subjectAltName such as DNS:localhost,IP:127.0.0.1
   * @param days that it is good for; one that has ended has −1
   */
  issue(name: string, subjectAltName: string, days = 30): Certified {
    this.#openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(this.#dir, `${name}.ext`), `subjectAltName=${subjectAltName}\n`);
    this.#openssl(
      ...['x509', '-req', '-days', `${days}`, '-in', `${name}.csr`, '-extfile', `${name}.ext`],
      ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`],
    );
    return { certificate: join(this.#dir, `${name}.pem`), key: join(this.#dir, `${name}.key`) };
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe', cwd: this.#dir });
  }
}
