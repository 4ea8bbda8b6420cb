/**
 * Real conversations: the PyPI package chitchat-dataset 0.9.0 (MIT), 7,168 conversations of two people with 258,145 messages. Fetched
 * once by pip from whatever index it is set up with, and kept; its hash is pinned.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

const PACKAGE = 'chitchat-dataset==0.9.0';
const SHA256 = '7bf89f36645e2d5ec87d53370c8e851b5a688479c7beb7079cb4c87fc5acea3e';
const FILE = 'chitchat_dataset/dataset.json';

/** 20 of the conversations, kept here for the tests. */
export const EXTRACT = fileURLToPath(new URL('../data/chitchat-extract.json', import.meta.url));

export interface DatasetMessage {
  /** 0 for who spoke first, 1 for the other. */
  readonly sender: 0 | 1;
  readonly text: string;
}

export interface DatasetConversation {
  readonly id: string;
  readonly messages: readonly DatasetMessage[];
}

/** The shape of the package's JSON: turns of messages by conversation id. */
type Raw = Record<string, { readonly messages: readonly (readonly { text: string; sender: string }[])[] }>;

/** Fetches the package into `cacheDir` where it is not there, and reads it. */
export async function fetchDataset(cacheDir: string): Promise<readonly DatasetConversation[]> {
  mkdirSync(cacheDir, { recursive: true });
  const wheel = (): string | undefined =>
    readdirSync(cacheDir).find((name) => name.startsWith('chitchat_dataset-0.9.0') && name.endsWith('.whl'));
  if (!wheel()) {
    try {
      await promisify(execFile)('python3', [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--dest',
        cacheDir,
        PACKAGE,
      ]);
    } catch (error) {
      throw new Error(`${PACKAGE} cannot be fetched with python3 -m pip: ${(error as Error).message}`);
    }
  }
  const name = wheel();
  if (!name) throw new Error(`pip left no wheel of ${PACKAGE} in ${cacheDir}`);
  const bytes = readFileSync(join(cacheDir, name));
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== SHA256) throw new Error(`${name}: want SHA-256 ${SHA256}, got ${hash}; delete it and try again`);
  const file = unzipSync(bytes, { filter: (entry) => entry.name === FILE })[FILE];
  if (!file) throw new Error(`${name} holds no ${FILE}`);
  return parseDataset(new TextDecoder().decode(file), name);
}

/** A file of the package's shape. */
export const readDataset = (file: string): readonly DatasetConversation[] =>
  parseDataset(readFileSync(file, 'utf8'), file);

function parseDataset(json: string, file: string): readonly DatasetConversation[] {
  let raw: Raw;
  try {
    raw = JSON.parse(json) as Raw;
  } catch (error) {
    throw new Error(`${file} is not the JSON of a data set: ${(error as Error).message}`);
  }
  return Object.entries(raw).map(([id, { messages }]) => {
    const flat = messages.flat();
    const first = flat[0]?.sender;
    return { id, messages: flat.map(({ text, sender }) => ({ text, sender: sender === first ? 0 : 1 })) };
  });
}
