/** The TypeScript source of one enum, message or service of proto/. Pure: from protobufjs' reflection to text. */
import protobuf from 'protobufjs';

/** Names types as the generated file sees them, and notes what it has to import. */
export interface Names {
  of(type: protobuf.Type | protobuf.Enum): string;
}

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const doc = (comment: string | null, indent = ''): string =>
  comment ? `${indent}/** ${comment.replace(/\s*\n\s*/g, ' ').replaceAll('*/', '* /')} */\n` : '';

/** A union of the value names, with the table that the codecs use; index = number. */
export function enumSource(item: protobuf.Enum, names: Names): string {
  const name = names.of(item);
  const values = Object.entries(item.values).sort((a, b) => a[1] - b[1]);
  values.forEach(([value, number], index) => {
    if (number !== index) throw new Error(`${item.fullName}.${value}: want number ${index}, got ${number}`);
  });
  const list = values.map(([value]) => `'${value}'`);
  return `${doc(item.comment)}export type ${name} = ${list.join(' | ')};
export const ${name}: readonly ${name}[] = [${list.join(', ')}];
`;
}

const callName = (method: protobuf.Method): string => method.name.charAt(0).toLowerCase() + method.name.slice(1);

/** A promise-returning interface, the same for a gRPC client and a direct call. A stream answers its n-th request with its n-th answer. */
export function serviceSource(service: protobuf.Service, names: Names): string {
  const methods = service.methodsArray.map((method) => {
    const request = names.of(method.resolvedRequestType as protobuf.Type);
    const response = names.of(method.resolvedResponseType as protobuf.Type);
    return `${doc(method.comment, '  ')}  ${callName(method)}(request: Input<${request}>): Promise<Input<${response}>>;`;
  });
  return `${doc(service.comment)}export interface ${service.name} {\n${methods.join('\n')}\n}\n`;
}

/** Calls that change nothing are known by their verb. */
const READS = /^(Get|List|Search|Locate|History$|Sync$)/;

/** A constant of the interface's name: how its calls travel over gRPC. It uses the codecs, so it stands behind them. */
export function descriptorSource({ name, fullName, methodsArray }: protobuf.Service, names: Names): string {
  const methods = methodsArray.map((method) => {
    if ((method.requestStream === true) !== (method.responseStream === true))
      throw new Error(`${method.fullName}: want both sides to stream, or none`);
    const request = names.of(method.resolvedRequestType as protobuf.Type);
    const response = names.of(method.resolvedResponseType as protobuf.Type);
    const traits = `stream: ${method.requestStream === true}, read: ${READS.test(method.name)}`;
    return `    ${callName(method)}: { rpc: '${method.name}', request: ${request}, response: ${response}, ${traits} },`;
  });
  return `export const ${name}: ServiceDescriptor<${name}> = {\n  name: '${fullName.slice(1)}',\n  methods: {\n${methods.join('\n')}\n  },\n};\n`;
}

type Kind = 'string' | 'bytes' | 'bool' | 'uint32' | 'int64' | 'double' | 'enum' | 'message';

interface Field {
  name: string;
  proto: string;
  id: number;
  kind: Kind;
  /** Name of the enum or message. */
  type: string;
  repeated: boolean;
  /** Whether absence is told from the default. */
  presence: boolean;
  comment: string | null;
}

function fieldOf(field: protobuf.Field, names: Names): Field {
  field.resolve();
  const resolved = field.resolvedType;
  let kind: Kind;
  if (resolved instanceof protobuf.Enum) kind = 'enum';
  else if (resolved instanceof protobuf.Type) kind = 'message';
  else if (['string', 'bytes', 'bool', 'uint32', 'int64', 'double'].includes(field.type)) kind = field.type as Kind;
  else throw new Error(`${field.fullName}: type ${field.type} is not used in Clatter's protos`);
  return {
    name: camel(field.name),
    proto: field.name,
    id: field.id,
    kind,
    type: resolved ? names.of(resolved as protobuf.Type) : field.type,
    repeated: field.repeated,
    presence: !field.repeated && (kind === 'message' || field.partOf !== null),
    comment: field.comment,
  };
}

const scalarType = (field: Field): string =>
  ({
    string: 'string',
    bytes: 'Uint8Array',
    bool: 'boolean',
    uint32: 'number',
    int64: 'number',
    double: 'number',
    enum: field.type,
    message: field.type,
  })[field.kind];

const zero = (field: Field): string => {
  if (field.repeated) return '[]';
  if (field.presence) return 'undefined';
  return {
    string: "''",
    bytes: 'new Uint8Array(0)',
    bool: 'false',
    uint32: '0',
    int64: '0',
    double: '0',
    enum: `${field.type}[0]!`,
    message: 'undefined',
  }[field.kind];
};

const wireType = (field: Field): number =>
  field.kind === 'double' ? 1 : ['string', 'bytes', 'message'].includes(field.kind) ? 2 : 0;

function writeValue(field: Field, value: string): string {
  const tag = `w.uint32(${((field.id << 3) | wireType(field)) >>> 0})`;
  if (field.kind === 'message') return `${field.type}.write(${value}, ${tag}.fork()).ldelim()`;
  if (field.kind === 'enum') return `${tag}.uint32(enumNumber(${field.type}, ${value}))`;
  return `${tag}.${field.kind}(${value})`;
}

function writeField(field: Field): string {
  const at = `m.${field.name}`;
  if (field.repeated) {
    if (field.kind === 'uint32')
      return `    if (${at}?.length) {\n      w.uint32(${(field.id << 3) | 2}).fork();\n      for (const v of ${at}) w.uint32(v);\n      w.ldelim();\n    }`;
    return `    if (${at}) for (const v of ${at}) ${writeValue(field, 'v')};`;
  }
  if (field.presence) return `    if (${at} !== undefined) ${writeValue(field, at)};`;
  if (field.kind === 'bytes') return `    if (${at}?.length) ${writeValue(field, at)};`;
  if (field.kind === 'enum') return `    if (${at} && ${at} !== ${field.type}[0]) ${writeValue(field, at)};`;
  return `    if (${at}) ${writeValue(field, at)};`;
}

function readValue(field: Field): string {
  switch (field.kind) {
    case 'message':
      return `${field.type}.read(r, r.uint32())`;
    case 'enum':
      return `enumAt(${field.type}, r.uint32())`;
    case 'int64':
      return 'readInt64(r)';
    case 'string':
      return 'readString(r)';
    default:
      return `r.${field.kind}()`;
  }
}

function readField(field: Field): string {
  const at = `m.${field.name}`;
  const set = field.repeated ? `${at}.push(${readValue(field)})` : `${at} = ${readValue(field)}`;
  // Every case checks the wire type too: a field of another type than declared is skipped like an unknown one.
  const plain = `        case ${((field.id << 3) | wireType(field)) >>> 0}:\n          ${set};\n          break;`;
  if (field.repeated && field.kind === 'uint32')
    return `${plain}\n        case ${(field.id << 3) | 2}: {\n          const packed = r.uint32() + r.pos;\n          while (r.pos < packed) ${set};\n          endsAt(r, packed);\n          break;\n        }`;
  return plain;
}

function jsonValue(field: Field, value: string): string {
  switch (field.kind) {
    case 'message':
      return `${field.type}.toJson(${value})`;
    case 'string':
      return `JSON.stringify(${value})`;
    case 'bytes':
      return `json.base64(${value})`;
    case 'int64':
    case 'enum':
      return `'"' + ${value} + '"'`;
    default:
      return value;
  }
}

function jsonField(field: Field): string {
  const at = `m.${field.name}`;
  const key = `',"${field.name}":'`;
  if (field.repeated)
    return `    s += ${key} + json.list(${at}, (v) => ${jsonValue(field, 'v').replace(/^v$/, "'' + v")});`;
  if (field.presence) return `    if (${at} !== undefined) s += ${key} + ${jsonValue(field, at)};`;
  const fallback = field.kind === 'bytes' ? 'json.none' : zero(field);
  return `    s += ${key} + ${jsonValue(field, `(${at} ?? ${fallback})`)};`;
}

function fromJsonValue(field: Field, value: string): string {
  if (field.kind === 'message') return `${field.type}.fromJson(${value}, at + '.${field.name}')`;
  if (field.kind === 'enum') return `json.enum(${field.type}, ${value}, at, '${field.name}')`;
  return `json.${field.kind}(${value}, at, '${field.name}')`;
}

function fromJsonField(field: Field): string {
  const raw = field.name === field.proto ? `o.${field.name}` : `(o.${field.name} ?? o.${field.proto})`;
  if (field.repeated)
    return `    m.${field.name} = json.array(${raw}, at, '${field.name}', (v) => ${fromJsonValue(field, 'v')});`;
  return `    v = ${raw};\n    if (v !== undefined && v !== null) m.${field.name} = ${fromJsonValue(field, 'v')};`;
}

/** An interface and a constant of one name: the type, and its codec. */
export function messageSource(type: protobuf.Type, names: Names, json: boolean): string {
  const name = names.of(type);
  const fields = type.fieldsArray.map((field) => fieldOf(field, names)).sort((a, b) => a.id - b.id);
  const members = fields.map((field) => {
    const base = scalarType(field);
    const of = field.repeated ? `${base}[]` : base;
    return `${doc(field.comment, '  ')}  ${field.name}${field.presence ? `?: ${of} | undefined` : `: ${of}`};`;
  });
  const m = fields.length > 0 ? 'm' : '_m';
  let out = `${doc(type.comment)}export interface ${name} {\n${members.join('\n')}\n}\n
export const ${name}: MessageCodec<${name}> = {
  create: (init) => ({ ${fields.map((field) => `${field.name}: ${zero(field)}, `).join('')}...init }) as ${name},
  encode: (m) => ${name}.write(m, Writer.create()).finish(),
  decode: (b) => ${name}.read(Reader.create(b), b.length),
  write(${m}: Input<${name}>, w: Writer): Writer {
${fields.map(writeField).join('\n')}
    return w;
  },
  read(r: Reader, length: number): ${name} {
    const end = r.pos + length;
    const m: ${name} = { ${fields.map((field) => `${field.name}: ${zero(field)}`).join(', ')} };
    while (r.pos < end) {
      const tag = r.uint32();
      switch (tag) {
${fields.map(readField).join('\n')}
        default:
          unknownField(r, tag);
      }
    }
    endsAt(r, end);
    return m;
  },
`;
  if (json) {
    const oneofs = type.oneofsArray
      .filter((oneof) => !oneof.name.startsWith('_'))
      .map(
        (oneof) => `    json.oneof(m, at, [${oneof.fieldsArray.map((field) => `'${camel(field.name)}'`).join(', ')}]);`,
      );
    out += `  toJson(${m}: Input<${name}>): string {
    let s = '';
${fields.map(jsonField).join('\n')}
    return '{' + s.slice(1) + '}';
  },
  fromJson(value: unknown, at: string): ${name} {
    ${fields.length > 0 ? 'const o = ' : ''}json.object(value, at);
    const m: ${name} = { ${fields.map((field) => `${field.name}: ${zero(field)}`).join(', ')} };
${fields.some((field) => !field.repeated) ? '    let v: unknown;\n' : ''}${fields.map(fromJsonField).join('\n')}
${oneofs.join('\n')}
    return m;
  },
`;
  } else
    out += `  toJson: () => {\n    throw new Error('${name} has no JSON mapping');\n  },\n  fromJson: () => {\n    throw new Error('${name} has no JSON mapping');\n  },\n`;
  return `${out}};\n`;
}
