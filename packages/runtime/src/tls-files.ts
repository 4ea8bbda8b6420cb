/**
 * Certificates by the paths of their files, for TLS to servers and between services. Whoever replaces the files rotates them: the next connection
 * uses the new ones, those that are open go on. Files that do not fit each other (a certificate was replaced, and its key was not yet) are
 * passed over, and the old ones serve on.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

/** A setting that names a file; an empty path names none. */
export interface FileSetting {
  readonly name: string;
  readonly path: string | undefined;
}

export interface TlsSettings {
  /** Whom to trust; none: the authorities that Node knows. */
  readonly ca: FileSetting;
  /** What this process shows of itself, with its key; none: nothing. */
  readonly certificate: FileSetting;
  readonly key: FileSetting;
}

export interface Pem {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Files are looked at so often for those who have to be told that they changed. */
const LOOK_MS = 5000;
/** A certificate that ends sooner than this is told of. */
const SOON_MS = 14 * 86_400_000;

export class TlsFiles {
  readonly #settings: TlsSettings;
  readonly #logger: Logger | undefined;
  readonly #listeners = new Set<() => void>();
  #seen: string;
  #pem: Pem;
  #context: SecureContext;
  #timer: NodeJS.Timeout | undefined;

  /** Throws a ConfigError with the one setting to see to. */
  constructor(settings: TlsSettings, logger?: Logger) {
    const { certificate, key } = settings;
    if (certificate.path && !key.path)
      throw new ConfigError(`${key.name}: want the file of the private key of ${certificate.name}, got nothing`);
    if (key.path && !certificate.path)
      throw new ConfigError(`${certificate.name}: want the file of the certificate of ${key.name}, got nothing`);
    this.#settings = settings;
    this.#logger = logger;
    this.#seen = this.#look();
    this.#pem = this.#read();
    this.#context = createSecureContext(this.#pem);
    this.#tellExpiry();
  }

  /** The newest that fits. */
  get pem(): Pem {
    this.#refresh();
    return this.#pem;
  }

  /** The same, for the next connection. */
  get context(): SecureContext {
    this.#refresh();
    return this.#context;
  }

  /** Calls when the files were replaced, a while later. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#refresh(), LOOK_MS).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #refresh(): void {
    const seen = this.#look();
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      const pem = this.#read();
      this.#context = createSecureContext(pem);
      this.#pem = pem;
    } catch (error) {
      this.#logger?.warn(
        `certificates were replaced and cannot be used, the old ones are: ${(error as Error).message}`,
      );
      return;
    }
    this.#logger?.info({ files: this.#paths }, 'certificates were replaced');
    this.#tellExpiry();
    for (const listener of this.#listeners) listener();
  }

  get #paths(): string[] {
    const { ca, certificate, key } = this.#settings;
    return [ca, certificate, key].flatMap(({ path }) => path || []);
  }

  /** What tells one state of the files from another. */
  #look(): string {
    return this.#paths
      .map((path) => {
        const stat = statSync(path, { throwIfNoEntry: false });
        return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : 'none';
      })
      .join(', ');
  }

  #read(): Pem {
    const { ca, certificate, key } = this.#settings;
    const pem = {
      ...(ca.path && { ca: certificatesIn(ca, ca.path) }),
      ...(certificate.path && { cert: certificatesIn(certificate, certificate.path) }),
      ...(key.path && { key: readFile(key.name, key.path) }),
    };
    try {
      createSecureContext(pem);
    } catch (error) {
      const why = (error as Error).message.replace(/^error:[^:]*:/, '');
      throw new ConfigError(
        `${key.name}: want the private key (PEM, without a passphrase) of the certificate in ${certificate.name}, got "${key.path}" (${why})`,
      );
    }
    return pem;
  }

  #tellExpiry(): void {
    const { ca, certificate } = this.#settings;
    const nowMs = Date.now();
    for (const [{ name, path }, pem] of [
      [ca, this.#pem.ca],
      [certificate, this.#pem.cert],
    ] as const) {
      if (!pem) continue;
      const { validTo } = new X509Certificate(pem);
      const leftMs = Date.parse(validTo) - nowMs;
      if (leftMs < SOON_MS)
        this.#logger?.warn(`${name}: the certificate in ${path} ${leftMs < 0 ? 'has ended' : 'ends'} on ${validTo}`);
    }
  }
}

/** Options of `tls.connect` for client libraries that pass them on anew for each connection; more of them may be given. */
export const secureOptions = <T extends object>(
  files: TlsFiles,
  more: T,
): T & { readonly secureContext: SecureContext } =>
  Object.defineProperty({ ...more }, 'secureContext', {
    enumerable: true,
    get: () => files.context,
  }) as T & { readonly secureContext: SecureContext };

/**
 * Refuses settings that do nothing without another one.
 *
 * @param wanted the other one, such as CLATTER_KAFKA_TLS=on
 */
export function refuseWithout(wanted: string, settings: readonly FileSetting[]): void {
  const given = settings.find(({ path }) => path);
  if (given) throw new ConfigError(`${given.name}: want ${wanted} beside it, got nothing of the kind`);
}

function certificatesIn({ name }: FileSetting, path: string): Buffer {
  const pem = readFile(name, path);
  try {
    new X509Certificate(pem);
  } catch {
    throw new ConfigError(`${name}: want a file of certificates in PEM, got "${path}" with something else`);
  }
  return pem;
}

function readFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(
      `${name}: want a file that can be read, got "${path}" (${(error as { code?: string }).code})`,
    );
  }
}
