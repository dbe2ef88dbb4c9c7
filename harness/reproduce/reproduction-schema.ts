import { Ajv, type ErrorObject } from 'ajv';
import { suggestion } from '../suggest.ts';

/** What a reproduction file says it is. */
export const reproductionFormat = 'palimpsest-reproduction@1';

/** Something that a user must bring: it does not come with the program. */
export interface Supply {
  readonly kind: 'weights' | 'data' | 'gpu' | 'method' | 'scenario' | 'other';
  readonly title: string;
  /** Where it goes, below the folder of `--data`; left out for what is no file. */
  readonly file?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly md5?: string;
  /** Where it can be had. */
  readonly from?: string;
}

/** Cells that can be run: which scenario, method and settings stand for them. */
export interface RunBinding {
  /** Names of cells, or patterns with `*` for any text. */
  readonly cells: readonly string[];
  /** Name of a scenario, or path of its file seen from the reproduction file. */
  readonly scenario: string;
  /** Name of a method, or path of its file seen from the reproduction file. */
  readonly method: string;
  /** As in `--set`: settings of the method, `training.*`, `backbone.*`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Seeds of these cells where they differ from the table's. */
  readonly seeds?: SeedRange;
  /** The scenario or the method may not be in this version yet: then the cells are not attempted, which is no error. */
  readonly planned?: boolean;
  readonly remark?: string;
}

/** Cells that cannot be run here, and what for. */
export interface MissingBinding {
  readonly cells: readonly string[];
  /** Names among `supplies`. */
  readonly missing: readonly string[];
  readonly remark?: string;
}

export type Binding = RunBinding | MissingBinding;

/** So many seeds from the first on. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

/** `table-N.json`: binds each cell of `table-N.csv`. */
export interface Reproduction {
  readonly format: typeof reproductionFormat;
  /** Authors, title, year. */
  readonly paper: string;
  readonly link: string;
  /** The table's name in the paper. */
  readonly table: string;
  readonly title: string;
  /** Id of the metric that the values are. */
  readonly metric?: string;
  /** The paper's seeds where they are known, else as many as it had. */
  readonly seeds?: SeedRange;
  /** What a reader must know. */
  readonly remarks?: readonly string[];
  readonly supplies?: Readonly<Record<string, Supply>>;
  readonly bindings: readonly Binding[];
  /** Runs of another tool with the same seeds: name of a CSV file beside this one, and what made it. */
  readonly peer?: { readonly file: string; readonly name: string };
}

const text = { type: 'string', minLength: 1 };
const names = { type: 'array', minItems: 1, items: text };
const seeds = {
  type: 'object',
  required: ['first', 'count'],
  additionalProperties: false,
  properties: {
    first: { type: 'integer', minimum: 0 },
    count: { type: 'integer', minimum: 1, maximum: 10_000 },
  },
};

const supply = {
  type: 'object',
  required: ['kind', 'title'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['weights', 'data', 'gpu', 'method', 'scenario', 'other'] },
    title: text,
    file: { type: 'string', pattern: '^(?!/)(?!.*\\.\\.)' },
    bytes: { type: 'integer', minimum: 1 },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    md5: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    from: text,
  },
};

const binding = {
  type: 'object',
  required: ['cells'],
  additionalProperties: false,
  properties: {
    cells: names,
    scenario: text,
    method: text,
    settings: { type: 'object' },
    seeds,
    planned: { type: 'boolean' },
    missing: names,
    remark: text,
  },
  oneOf: [
    { required: ['scenario', 'method'], not: { required: ['missing'] } },
    { required: ['missing'], not: { anyOf: [{ required: ['scenario'] }, { required: ['method'] }] } },
  ],
};

const schema = {
  type: 'object',
  required: ['format', 'paper', 'link', 'table', 'title', 'bindings'],
  additionalProperties: false,
  properties: {
    format: { const: reproductionFormat },
    paper: text,
    link: text,
    table: text,
    title: text,
    metric: text,
    seeds,
    remarks: { type: 'array', items: text },
    supplies: { type: 'object', additionalProperties: supply },
    bindings: { type: 'array', minItems: 1, items: binding },
    peer: {
      type: 'object',
      required: ['file', 'name'],
      additionalProperties: false,
      properties: { file: text, name: text },
    },
  },
};

const validate = new Ajv({ strict: false, verbose: true }).compile<Reproduction>(schema);

/** The value as a reproduction, or what is wrong with it: the cells that are meant, the place, and what would be right. */
export function checkReproduction(
  value: unknown,
): { readonly reproduction: Reproduction } | { readonly problem: string } {
  if (validate(value)) return { reproduction: value };
  const errors = validate.errors ?? [];
  const error = errors.find(({ keyword }) => keyword === 'oneOf') ?? errors[0];
  return {
    problem: error === undefined ? 'has another shape' : `${placeOf(error, value)} ${causeOf(error)}`,
  };
}

/** `bindings[3] (cells class/ewc) /method`: a person looks for cells, not for positions. */
function placeOf({ instancePath }: ErrorObject, value: unknown): string {
  const [, position, rest = ''] = /^\/bindings\/(\d+)(.*)$/s.exec(instancePath) ?? [];
  if (position === undefined) return instancePath === '' ? 'the whole' : instancePath;
  const { bindings } = value as { readonly bindings: readonly { readonly cells?: unknown }[] };
  const cells = [bindings[Number(position)]?.cells ?? []].flat().map(String).join(', ');
  return `binding ${Number(position) + 1}${cells === '' ? '' : ` (cells ${cells})`}${rest === '' ? '' : `, ${rest.slice(1)}`}`;
}

function causeOf({ keyword, message, params, parentSchema }: ErrorObject): string {
  if (keyword === 'oneOf') return 'must name either scenario and method, or what is missing';
  if (keyword === 'additionalProperties') {
    const name = String((params as { additionalProperty?: unknown }).additionalProperty);
    const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
    return `has the unknown property "${name}".${suggestion(name, known)} Known are ${known.join(', ')}`;
  }
  const choices = (params as { allowedValues?: readonly unknown[] }).allowedValues;
  return `${message ?? 'has another shape'}${choices === undefined ? '' : ` (${choices.join(', ')})`}`;
}
