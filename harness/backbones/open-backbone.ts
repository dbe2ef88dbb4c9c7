import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import type { BackboneSpec } from '../stream/scenario.ts';
import type { Backbone } from './backbone.ts';
import { type BackboneName, backboneProblem, isBackboneName } from './backbone-settings.ts';
import { type MlpSettings, mlp } from './mlp.ts';
import { readWeights, requireTrainedSettings, withWeights } from './pretrained.ts';
import { type VitSettings, vit } from './vit.ts';

/** Trained on `glyphs-latin-symmetries` by `palimpsest pretrain`; the file says how. */
const vitGlyphsWeights = fileURLToPath(new URL('./weights/vit-glyphs.safetensors', import.meta.url));

/** What it was trained on. */
const glyphShape: readonly number[] = [1, 28, 28];

type Builder = (spec: BackboneSpec, inputShape: readonly number[], outputs: number) => Backbone;

const builders: Readonly<Record<BackboneName, Builder>> = {
  mlp: (spec, shape, outputs) => mlp(spec as unknown as MlpSettings, shape, outputs),
  vit: ({ weights, ...spec }, shape, outputs) => {
    const backbone = vit(spec as unknown as VitSettings, shape, outputs);
    if (typeof weights !== 'string') return backbone;
    const file = readWeights(weights);
    requireTrainedSettings(spec, file, weights);
    return withWeights(backbone, file, weights);
  },
  'vit-glyphs': (_spec, shape, outputs) => {
    if (shape.join() !== glyphShape.join()) {
      throw new UserError(
        `vit-glyphs reads images of ${glyphShape.join(' × ')}, but these inputs are ${shape.join(' × ')}. ` +
          'Take a vit of your own for them.',
      );
    }
    const weights = readWeights(vitGlyphsWeights);
    const settings = JSON.parse(weights.metadata.backbone ?? '{}') as VitSettings;
    return { ...withWeights(vit(settings, shape, outputs), weights, vitGlyphsWeights), name: 'vit-glyphs' };
  },
};

/**
 * The network that a scenario asks for.
 * @param inputShape shape of one input, e.g. `[1, 28, 28]`
 * @param outputs width of the head
 * @throws UserError for an unknown backbone or setting, and for one that does not fit the input
 */
export function openBackbone(spec: BackboneSpec, inputShape: readonly number[], outputs: number): Backbone {
  const problem = backboneProblem(spec);
  if (problem !== undefined || !isBackboneName(spec.name)) throw new UserError(problem);
  return builders[spec.name](spec, inputShape, outputs);
}
