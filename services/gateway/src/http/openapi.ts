/** The OpenAPI document, from the schemas that check requests and describe answers. */
import { applyDecorators, HttpCode, type INestApplication } from '@nestjs/common';
import {
  ApiBody,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import { z } from 'zod';
import { problem } from './answers.ts';

type JsonSchema = Extract<Parameters<typeof ApiQuery>[0], { schema: unknown }>['schema'];

/** `input`: what is sent, before it is parsed. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'openapi-3.0' });
  return rest as JsonSchema;
}

/** Status and description of one call. */
export function Call(about: {
  readonly summary: string;
  readonly status?: number;
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
  readonly answer?: z.ZodType;
}): MethodDecorator {
  const { summary, status = 200, body, query, answer } = about;
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary }),
    ...(body ? [ApiBody({ schema: jsonSchema(body, 'input'), required: !body.safeParse(undefined).success })] : []),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) =>
      ApiQuery({ name, required: false, schema: jsonSchema(schema as z.ZodType, 'input') }),
    ),
    ApiResponse(
      answer
        ? { status, description: 'Done', content: { 'application/json': { schema: jsonSchema(answer, 'output') } } }
        : { status, description: 'Done' },
    ),
    ApiResponse({
      status: 'default',
      description: 'A problem (RFC 9457)',
      content: { 'application/problem+json': { schema: jsonSchema(problem, 'output') } },
    }),
  );
}

export function describeApi(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Clatter')
    .setDescription('Accounts and conversations over HTTP; messages live over the WebSocket at /v1/ws.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .build();
  return SwaggerModule.createDocument(app, about);
}
