/** Certificates by file, and that they can be replaced. They are made by openssl for each run. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, refuseWithout, secureOptions, TlsFiles } from './index.ts';

const made = mkdtempSync(join(tmpdir(), 'clatter-made-'));
let dir: string;
const at = (name: string): string => join(dir, name);

const make = (name: string, days = 365): void =>
  void execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-days', `${days}`, '-keyout', `${name}.key`, '-out', `${name}.pem`],
    ],
    { stdio: 'pipe', cwd: made },
  );

beforeAll(() => {
  make('one');
  make('two');
  make('soon', 3);
  return () => rmSync(made, { recursive: true });
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'clatter-tls-files-'));
  put('one', 'pem');
  put('one', 'key');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What the files hold from now on. */
function put(name: string, kind: 'pem' | 'key'): void {
  copyFileSync(join(made, `${name}.${kind}`), at(`own.${kind}`));
}

const settings = (change: { ca?: string; certificate?: string; key?: string } = {}) => {
  const { ca = at('own.pem'), certificate = at('own.pem'), key = at('own.key') } = change;
  return {
    ca: { name: 'TLS_CA', path: ca },
    certificate: { name: 'TLS_CERT', path: certificate },
    key: { name: 'TLS_KEY', path: key },
  };
};

function logged() {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const [warn, info] = [vi.spyOn(logger, 'warn'), vi.spyOn(logger, 'info')];
  return { logger, warned: () => warn.mock.calls.flat().map(String), informed: () => info.mock.calls.length };
}

describe('files that were replaced', () => {
  it('are used for the next connection, once certificate and key fit each other', () => {
    const { logger, warned, informed } = logged();
    const files = new TlsFiles(settings(), logger);
    const options = secureOptions(files, { rejectUnauthorized: true });
    const first = options.secureContext;
    expect(options.secureContext).toBe(first);
    put('two', 'pem');
    expect(options.secureContext).toBe(first);
    expect(warned()).toEqual([
      expect.stringMatching(/^certificates were replaced and cannot be used, .*TLS_KEY: want/),
    ]);
    put('two', 'key');
    const second = options.secureContext;
    expect(second).not.toBe(first);
    expect(options.secureContext).toBe(second);
    expect(informed()).toBe(1);
    expect(warned()).toHaveLength(1);
  });

  it('are told of to whom has to know, until they want it no more', async () => {
    vi.useFakeTimers();
    try {
      const files = new TlsFiles(settings());
      let told = 0;
      const end = files.onChange(() => told++);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(told).toBe(0);
      put('two', 'pem');
      put('two', 'key');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(told).toBe(1);
      end();
      put('one', 'pem');
      put('one', 'key');
      await vi.advanceTimersByTimeAsync(10_000);
      expect(told).toBe(1);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that are gone leave the old ones in use', () => {
    const files = new TlsFiles(settings());
    const { context } = files;
    rmSync(at('own.key'));
    expect(files.context).toBe(context);
  });
});

it('a certificate that ends soon is told of', () => {
  const { logger, warned } = logged();
  put('soon', 'pem');
  put('soon', 'key');
  new TlsFiles(settings({ ca: '' }), logger);
  expect(warned()).toEqual([expect.stringMatching(/^TLS_CERT: the certificate in .*own\.pem ends on /)]);
});

describe('what cannot be is refused in one line', () => {
  it('a certificate without its key, and a key without its certificate', () => {
    expect(() => new TlsFiles(settings({ key: '' }))).toThrow(/^TLS_KEY: want .* TLS_CERT, got nothing$/);
    expect(() => new TlsFiles(settings({ certificate: '' }))).toThrow(/^TLS_CERT: want .* TLS_KEY, got nothing$/);
  });

  it('a file that is not there', () => {
    expect(() => new TlsFiles(settings({ ca: at('none') }))).toThrow(
      /^TLS_CA: want a file that can be read, got ".*none" \(ENOENT\)$/,
    );
  });

  it('something else than certificates, a key of another, something else than a key', () => {
    writeFileSync(at('text'), 'secret text');
    for (const wrong of [
      { ca: at('text') },
      { certificate: at('text') },
      { key: at('text') },
      { key: join(made, 'two.key') },
    ]) {
      const [[name, path]] = Object.entries(wrong) as [[string, string]];
      const setting = { ca: 'TLS_CA', certificate: 'TLS_CERT', key: 'TLS_KEY' }[name];
      const refused = () => new TlsFiles(settings(wrong));
      expect(refused).toThrow(new RegExp(`^${setting}: want .*, got "${path}"[^\\n]*$`));
      expect(refused).not.toThrow('secret');
    }
  });

  it('files that do nothing without another setting', () => {
    expect(() => refuseWithout('TLS=on', Object.values(settings()))).toThrow(/^TLS_CA: want TLS=on beside it/);
    expect(() => refuseWithout('TLS=on', [{ name: 'TLS_CA', path: '' }])).not.toThrow();
  });
});
