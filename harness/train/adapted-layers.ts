import type { LinearLayer } from '../backbones/backbone.ts';
import { uniform } from '../backbones/initialisers.ts';
import type { HostTensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Learner } from './learner.ts';
import type { SettingSchema } from './method.ts';

/** The setting `targets` of methods that adapt some layers. */
export function targetsSetting(...words: string[]): SettingSchema {
  return {
    type: 'array',
    items: { type: 'string' },
    default: words,
    description:
      'Layers to adapt: those with one of these words, or parts such as attn.proj, in their dotted name.',
  };
}

/**
 * The layers that a method adapts: those with one of the words in their dotted name (`qkv` is in `blocks.0.attn.qkv`).
 * Words joined by dots are part of a name, too: `attn.proj` is in `blocks.0.attn.proj`, not in `patch_embed.proj`.
 * The head is never one of them.
 * @throws UserError when there is none, with the names that there are
 */
export function targetLayers<Settings extends { readonly targets: readonly string[] }>({
  backbone,
  settings,
}: Learner<Settings>): LinearLayer[] {
  const { targets } = settings;
  const body = backbone.layers.slice(0, -1);
  const found = body.filter(({ name }) => targets.some((part) => `.${name}.`.includes(`.${part}.`)));
  if (found.length > 0) return found;
  throw new UserError(
    `No layer of the ${backbone.name} has one of the words ${targets.join(', ')} in its name; its layers are ` +
      `${body.map(({ name }) => name).join(', ')}. Set targets.`,
  );
}

/** Freezes everything but the head: what methods that adapt a pretrained backbone begin with. */
export function trainOnlyHead<Settings>({ trainable }: Learner<Settings>): void {
  trainable.clear();
  trainable.add('head.weight').add('head.bias');
}

/** The keys of a low-rank update, `[rank, in]`: Kaiming-uniform with a = √5, which is ±1/√in. */
export function freshKeys(rank: number, { inputs }: LinearLayer, random: Random): HostTensor {
  return uniform([rank, inputs], 1 / Math.sqrt(inputs), random);
}
