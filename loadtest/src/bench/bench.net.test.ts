import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bench } from './bench.ts';

const root = join(fileURLToPath(new URL('.', import.meta.url)), '../../..');

it('measures the platform beside the relay, loses nothing, and says what it cost', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-bench-test-'));
  try {
    const lines: string[] = [];
    const json = join(dir, 'bench.json');
    const print = (line: string): unknown => lines.push(line);
    await bench({ rates: [200], seconds: 2, pairs: 5, write: false, json, root, print });
    const text = lines.join('\n');
    expect(text).toMatch(/^Measured .* Machine: \d+ × /m);
    expect(text).toMatch(/^\| 200 \| relay \| 0 \| 0 \| 0 \| /m);
    expect(text).toMatch(/^\| 200 \| Clatter \| 0 \| 0 \| 0 \| /m);
    expect(text).toMatch(/^- 200\/s: .* the relay's CPU/m);
    const { platform, relay } = JSON.parse(readFileSync(json, 'utf8'));
    for (const [rung] of [platform, relay]) {
      expect(rung).toMatchObject({ rate: 200, sent: 400, lostAcks: 0, lostDeliveries: 0 });
      expect(rung.ackedMs.p50).toBeGreaterThan(0);
      expect(rung.ackedMs['p99.9']).toBeGreaterThanOrEqual(rung.ackedMs.p50);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
