/** The thread that runs PGlite: PostgreSQL compiled to WebAssembly blocks the thread that it runs in. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { syncedOptions } from './synced-folder.ts';

export interface PgliteRequest {
  readonly id: number;
  /** Absent: close. */
  readonly sql?: string;
  readonly params?: unknown[];
}

export interface PgliteAnswer {
  readonly id: number;
  readonly rows?: unknown[];
  readonly error?: { readonly message: string; readonly code?: string; readonly constraint?: string };
}

const port = parentPort as NonNullable<typeof parentPort>;
const { dir } = workerData as { dir: string };
const opened = PGlite.create({ ...syncedOptions(dir), parsers: { [types.INT8]: Number } });

port.on('message', async ({ id, sql, params }: PgliteRequest) => {
  try {
    const database = await opened;
    if (sql === undefined) {
      await database.close();
      port.postMessage({ id } satisfies PgliteAnswer);
      port.close();
      return;
    }
    const rows = params
      ? (await database.query(sql, params)).rows
      : (await database.exec(sql)).flatMap((result) => result.rows);
    port.postMessage({ id, rows } satisfies PgliteAnswer);
  } catch (error) {
    const { message, code, constraint } = error as Error & { code?: string; constraint?: string };
    port.postMessage({
      id,
      error: {
        message: String(message),
        ...(typeof code === 'string' && { code }),
        ...(typeof constraint === 'string' && { constraint }),
      },
    } satisfies PgliteAnswer);
  }
});
