/** The web client: files of its export, and its page for every other path that a browser opens. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ClatterError } from '@clatter/wire';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const WEB_DIR = Symbol('folder of the web client');

/** Paths of programs, where no page is. */
const NO_PAGE = /^(v1|\.well-known)(\/|$)|\.\w+$/;
/** Names with a hash of their content never change. */
const HASHED = /[.-][0-9a-f]{16,}\.\w+$/;

@ApiExcludeController()
@Controller()
export class WebController {
  readonly #files: ReadonlySet<string>;

  constructor(@Inject(WEB_DIR) private readonly dir: string) {
    this.#files = new Set(dir === '' ? [] : list(dir));
  }

  @Get('*')
  async file(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const path = decodeURIComponent(request.url.split('?')[0] as string).slice(1);
    const known = this.#files.has(path);
    const page = !NO_PAGE.test(path) && this.#files.has('index.html');
    if (!known && !page) {
      if (path === '')
        throw new ClatterError('NOT_FOUND', 'the web client is not installed here: build it, or set CLATTER_WEB_DIR');
      throw new ClatterError('NOT_FOUND', 'there is no such path');
    }
    reply.header('cache-control', known && HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    await reply.sendFile(known ? path : 'index.html', this.dir, { cacheControl: false });
  }
}

function list(dir: string): string[] {
  try {
    const found = readdirSync(dir, { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile())
      .map((entry) => relative(dir, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  } catch {
    return [];
  }
}
