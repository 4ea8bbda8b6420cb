/**
 * Generates the types and codecs of proto/ into packages/wire and packages/contracts. Run by Node as it is, before the build:
 *
 *   node tools/src/generate-proto.ts
 *
 * Why a generator of our own: the frames need a JSON mapping that always writes defaults, keeps 64-bit integers as strings and
 * enums as their names, at the speed of JSON.stringify, and both codecs from one definition. The protobuf half is what static
 * protobufjs emits, on protobufjs' Reader and Writer, with plain objects instead of classes and numbers instead of Longs.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { descriptorSource, enumSource, messageSource, type Names, serviceSource } from './proto-source.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const protoDir = join(root, 'proto');

/** Where each proto package goes, and whether it needs the JSON mapping. */
const targets: Record<string, { file: string; json: boolean }> = {
  wire: { file: 'packages/wire/src/generated/wire.ts', json: true },
  messages: { file: 'packages/contracts/src/generated/messages.ts', json: false },
  presence: { file: 'packages/contracts/src/generated/presence.ts', json: false },
  gateway: { file: 'packages/contracts/src/generated/gateway.ts', json: false },
  notifications: { file: 'packages/contracts/src/generated/notifications.ts', json: false },
  auth: { file: 'packages/contracts/src/generated/auth.ts', json: false },
};

const protoFiles = readdirSync(protoDir, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.proto'))
  .sort();
const loaded = new protobuf.Root();
loaded.resolvePath = (_origin, target) => join(protoDir, target);
loaded.loadSync(protoFiles, { keepCase: true, alternateCommentMode: true });
loaded.resolveAll();

for (const [name, { file, json }] of Object.entries(targets)) {
  const namespace = loaded.lookup(`clatter.${name}.v1`);
  if (!(namespace instanceof protobuf.Namespace)) throw new Error(`proto package clatter.${name}.v1 is missing`);
  const imported = new Map<string, Set<string>>();
  const names: Names = {
    of(type) {
      const [, owner, , ...path] = type.fullName.slice(1).split('.');
      if (owner !== name) {
        const set = imported.get(owner as string) ?? new Set<string>();
        imported.set(owner as string, set.add(path.join('')));
      }
      return path.join('');
    },
  };
  const parts: string[] = [];
  const descriptors: string[] = [];
  const visit = (space: protobuf.NamespaceBase): void => {
    for (const item of space.nestedArray) {
      if (item instanceof protobuf.Enum) parts.push(enumSource(item, names));
      else if (item instanceof protobuf.Type) {
        parts.push(messageSource(item, names, json));
        visit(item);
      } else if (item instanceof protobuf.Service) {
        parts.push(serviceSource(item, names));
        descriptors.push(descriptorSource(item, names));
      }
    }
  };
  visit(namespace);
  const head = [`// Generated from proto/clatter/${name}/v1 by tools/src/generate-proto.ts.`];
  const runtime = name === 'wire' ? '../codec.ts' : '@clatter/wire';
  const used = [
    'type MessageCodec',
    'type Input',
    'type ServiceDescriptor',
    'Reader',
    'Writer',
    'enumAt',
    'enumNumber',
    'readInt64',
    'readString',
    'endsAt',
    'unknownField',
  ].concat(json ? ['json'] : []);
  const body = [...parts, ...descriptors].join('\n');
  const wanted = used.filter((item) => new RegExp(`\\b${item.replace('type ', '')}\\b`).test(body));
  head.push(`import { ${wanted.join(', ')} } from '${runtime}';`);
  for (const [owner, set] of [...imported].sort())
    head.push(
      `import { ${[...set].sort().join(', ')} } from '${owner === 'wire' ? '@clatter/wire' : `./${owner}.ts`}';`,
    );
  const out = join(root, file);
  mkdirSync(dirname(out), { recursive: true });
  const source = `${head.join('\n')}\n\n${body}`;
  // A file that did not change keeps its time, so that nothing is built again for it.
  if (existsSync(out) && readFileSync(out, 'utf8') === source) continue;
  writeFileSync(out, source);
  console.log(`${relative(root, out)}: ${parts.length} definitions`);
}
