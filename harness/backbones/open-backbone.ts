import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import type { BackboneSpec } from '../stream/scenario.ts';
import { suggestion } from '../suggest.ts';
import type { Backbone } from './backbone.ts';
import { type MlpSettings, mlp, mlpInitialisations } from './mlp.ts';
import { readWeights, withWeights } from './pretrained.ts';
import { type VitSettings, vit } from './vit.ts';

/** Trained on `glyphs-latin-symmetries` by `palimpsest pretrain`; the file says how. */
const vitGlyphsWeights = fileURLToPath(new URL('./weights/vit-glyphs.safetensors', import.meta.url));

type Builder = (spec: BackboneSpec, inputShape: readonly number[], outputs: number) => Backbone;

const builders: Readonly<
  Record<string, { readonly settings: Readonly<Record<string, Check>>; readonly build: Builder }>
> = {
  mlp: {
    settings: { hidden: listOfCounts, initialisation },
    build: (spec, shape, outputs) => mlp(spec as unknown as MlpSettings, shape, outputs),
  },
  vit: {
    settings: {
      patch: count,
      width: count,
      depth: count,
      heads: count,
      mlpRatio: optionalCount,
      weights: optionalPath,
    },
    build: ({ weights, ...spec }, shape, outputs) => {
      const backbone = vit(spec as unknown as VitSettings, shape, outputs);
      if (typeof weights !== 'string') return backbone;
      return withWeights(backbone, readWeights(weights), weights);
    },
  },
  'vit-glyphs': {
    settings: {},
    build: (_spec, shape, outputs) => {
      const weights = readWeights(vitGlyphsWeights);
      const settings = JSON.parse(weights.metadata.backbone ?? '{}') as VitSettings;
      return { ...withWeights(vit(settings, shape, outputs), weights, vitGlyphsWeights), name: 'vit-glyphs' };
    },
  },
};

/** Returns what would be right when a setting's value is wrong. */
type Check = (value: unknown) => string | undefined;

/**
 * The network that a scenario asks for.
 * @param inputShape shape of one input, e.g. `[1, 28, 28]`
 * @param outputs width of the head
 * @throws UserError for an unknown backbone or setting, and for one that does not fit the input
 */
export function openBackbone(spec: BackboneSpec, inputShape: readonly number[], outputs: number): Backbone {
  const { name, ...settings } = spec;
  const found = Object.hasOwn(builders, name) ? builders[name] : undefined;
  if (!found) {
    const known = Object.keys(builders);
    throw new UserError(
      `There is no backbone "${name}".${suggestion(name, known)} Known are: ${known.join(', ')}.`,
    );
  }
  for (const key of Object.keys(settings)) {
    if (!Object.hasOwn(found.settings, key)) {
      const known = Object.keys(found.settings);
      throw new UserError(
        `The backbone ${name} has no setting "${key}".${suggestion(key, known)} It has: ${known.join(', ')}.`,
      );
    }
  }
  for (const [key, check] of Object.entries(found.settings)) {
    const right = check(settings[key]);
    if (right)
      throw new UserError(
        `backbone.${key} is ${JSON.stringify(settings[key]) ?? 'missing'}; it must be ${right}.`,
      );
  }
  return found.build(spec, inputShape, outputs);
}

function count(value: unknown): string | undefined {
  return Number.isInteger(value) && (value as number) > 0 ? undefined : 'a whole number above 0';
}

function optionalCount(value: unknown): string | undefined {
  return value === undefined ? undefined : count(value);
}

function optionalPath(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? undefined : 'the path of a safetensors file';
}

function initialisation(value: unknown): string | undefined {
  const known: readonly unknown[] = mlpInitialisations;
  return value === undefined || known.includes(value) ? undefined : `one of ${mlpInitialisations.join(', ')}`;
}

function listOfCounts(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((entry) => count(entry) === undefined)
    ? undefined
    : 'a list of layer widths, e.g. [400, 400]';
}
