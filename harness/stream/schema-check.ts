import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { suggestion } from '../suggest.ts';
import { type Problem, shown } from './problems.ts';

/** The part of a JSON Schema that sentences are made from. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly description?: string;
  readonly items?: Schema;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly oneOf?: readonly Schema[];
}

let validators: { scenario: ValidateFunction; dataset: ValidateFunction } | undefined;
let ajv: Ajv | undefined;

function compiled(): { scenario: ValidateFunction; dataset: ValidateFunction } {
  if (validators !== undefined) return validators;
  ajv = new Ajv({
    allErrors: true,
    verbose: true,
    discriminator: true,
    allowUnionTypes: true,
    strictTypes: false,
  });
  const dataset = ajv.compile(schemaFile('dataset.schema.json'));
  validators = { dataset, scenario: ajv.compile(schemaFile('scenario.schema.json')) };
  return validators;
}

function schemaFile(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Record<string, unknown>;
}

/** What the schema of scenarios or of datasets finds wrong in a document; empty if nothing. */
export function schemaProblems(kind: 'scenario' | 'dataset', json: unknown): Problem[] {
  const validate = compiled()[kind];
  if (validate(json)) return [];
  const problems = (validate.errors ?? []).flatMap(problemOf);
  // One value can break several keywords of one schema; the sentence would be the same.
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const text = `${problem.path} ${problem.message}`;
    return !seen.has(text) && seen.add(text);
  });
}

function problemOf(error: ErrorObject): Problem[] {
  const path = jsonPath(error.instancePath);
  const parameters = error.params as Record<string, unknown>;
  const schema = resolved((error.parentSchema ?? {}) as Schema);
  switch (error.keyword) {
    case 'if':
      // Its `then` has reported the cause.
      return [];
    case 'required': {
      const name = String(parameters.missingProperty);
      const property = schema.properties?.[name];
      // The discriminator reports its own absence, with the choices.
      if (property === undefined && schema.oneOf !== undefined) return [];
      return [{ path, message: `lacks "${name}"; it must be ${expectation(property ?? {})}` }];
    }
    case 'additionalProperties': {
      const name = String(parameters.additionalProperty);
      const known = Object.keys(schema.properties ?? {}).filter((key) => key !== '$schema');
      const list = known.map((key) => `"${key}"`).join(', ');
      return [
        { path, message: `has an unknown property "${name}".${suggestion(name, known)} Known are ${list}` },
      ];
    }
    case 'discriminator':
      return [discriminatorProblem(path, parameters, schema, error.data)];
    case 'uniqueItems':
      return [{ path, message: sameEntry(Number(parameters.i), Number(parameters.j)) }];
    default:
      return [{ path, message: mustBe(error.data, schema) }];
  }
}

function sameEntry(one: number, other: number): string {
  const [first, second] = [Math.min(one, other), Math.max(one, other)];
  return `has the same entry twice, at ${first} and ${second}; entries must differ`;
}

function discriminatorProblem(
  path: string,
  parameters: Record<string, unknown>,
  schema: Schema,
  data: unknown,
): Problem {
  const tag = String(parameters.tag);
  const choices = (schema.oneOf ?? []).flatMap((branch) => {
    const property = resolved(branch).properties?.[tag];
    return property?.enum ?? (property?.const === undefined ? [] : [property.const]);
  });
  const holder = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  if (!Object.hasOwn(holder, tag)) return { path, message: `lacks "${tag}"; it must be ${oneOf(choices)}` };
  return { path: `${path}.${tag}`, message: mustBe(holder[tag], { enum: choices }) };
}

function mustBe(value: unknown, schema: Schema): string {
  const near = typeof value === 'string' && schema.enum ? suggestion(value, schema.enum.map(String)) : '';
  return `is ${shown(value)}; it must be ${expectation(schema)}${near && `.${near}`}`;
}

/** What the schema asks for, to follow "it must be". */
function expectation(given: Schema): string {
  const schema = resolved(given);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum);
  if (schema.oneOf !== undefined) return 'an object';
  if (schema.pattern !== undefined && schema.description !== undefined)
    return `a string of ${schema.description}`;
  const types = [schema.type ?? []].flat();
  return types.map((type) => typeExpectation(type, schema)).join(' or ') || 'given';
}

function typeExpectation(type: string, schema: Schema): string {
  switch (type) {
    case 'integer':
      return `a whole number${bounds(schema)}`;
    case 'number':
      return `a number${bounds(schema)}`;
    case 'string':
      return 'a string that is not empty';
    case 'boolean':
      return 'true or false';
    case 'array': {
      const least = schema.minItems === undefined ? '' : ` of at least ${schema.minItems}`;
      const most = schema.maxItems === undefined ? '' : ` and at most ${schema.maxItems}`;
      return `a list${least}${most}, each entry ${expectation(schema.items ?? {})}`;
    }
    case 'object':
      return 'an object';
    default:
      return type;
  }
}

function bounds(schema: Schema): string {
  const parts = [
    schema.minimum === undefined ? [] : `at least ${schema.minimum}`,
    schema.exclusiveMinimum === undefined ? [] : `more than ${schema.exclusiveMinimum}`,
    schema.maximum === undefined ? [] : `at most ${schema.maximum}`,
    schema.exclusiveMaximum === undefined ? [] : `less than ${schema.exclusiveMaximum}`,
  ].flat();
  return parts.length === 0 ? '' : ` of ${parts.join(' and ')}`;
}

function oneOf(choices: readonly unknown[]): string {
  const texts = choices.map((choice) => JSON.stringify(choice));
  return texts.length === 1 ? `${texts[0]}` : `one of ${texts.join(', ')}`;
}

/** Follows references between the schemas. */
function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const [file = '', pointer = ''] = schema.$ref.split('#');
  const root = ajv?.getSchema(file === '' ? 'dataset.schema.json' : file)?.schema as Schema | undefined;
  let found: unknown = root;
  for (const key of pointer.split('/').slice(1))
    found = (found as Record<string, unknown> | undefined)?.[key];
  return (found as Schema | undefined) ?? {};
}

/** `/training/batchSize` as `$.training.batchSize`. */
function jsonPath(pointer: string): string {
  const keys = pointer.split('/').slice(1);
  return keys.reduce((path, key) => {
    const plain = key.replaceAll('~1', '/').replaceAll('~0', '~');
    if (/^\d+$/.test(plain)) return `${path}[${plain}]`;
    return /^[\w$]+$/.test(plain) ? `${path}.${plain}` : `${path}[${JSON.stringify(plain)}]`;
  }, '$');
}
