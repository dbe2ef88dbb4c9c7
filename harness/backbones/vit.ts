import { add, concat, reshape, slice, type Tensor, tile, transpose } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import { float32, type HostTensors, zeros } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { attention, gelu, layerNorm } from '../nn/layers.ts';
import type { Random } from '../random.ts';
import type { Backbone, LinearFunction, LinearLayer } from './backbone.ts';
import { truncatedNormal } from './initialisers.ts';

/** Settings of the vision transformer. */
export interface VitSettings {
  /** Side of a square patch in pixels; must divide the image's sides. */
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  /** Must divide the width. */
  readonly heads: number;
  /** Width of the MLP inside a block as a multiple of `width`. */
  readonly mlpRatio?: number;
}

/**
 * Vision transformer (Dosovitskiy et al. 2021): class token, learned positions, pre-norm blocks, exact GELU.
 * Parameters are named and laid out as in timm's `VisionTransformer`, so that its weights load as they are
 * (but for `patch_embed.proj.weight`, whose `[width, channels, patch, patch]` is used as a matrix).
 */
export function vit(settings: VitSettings, inputShape: readonly number[], outputs: number): Backbone {
  const plan = planOf(settings, inputShape, outputs);
  return {
    name: 'vit',
    layers: [plan.embed, ...plan.blocks.flatMap((block) => Object.values(block)), plan.head],
    oneRowPerExample: false,
    initialise: (random) => initialise(plan, random),
    forward(x, parameters, linear) {
      let tokens = embed(x, plan, parameters, linear);
      plan.blocks.forEach((block, index) => {
        // Only the class token is read in the end, so the last block carries on with nothing else.
        const kept = index === plan.blocks.length - 1 ? 1 : plan.tokens;
        tokens = transformerBlock(tokens, kept, `blocks.${index}`, block, plan.heads, parameters, linear);
      });
      const classToken = reshape(tokens, [tokens.shape[0] as number, plan.width]);
      const features = layerNorm(classToken, ...norm('norm', parameters));
      return { features, logits: linear(plan.head, features) };
    },
  };
}

interface Block {
  readonly qkv: LinearLayer;
  readonly projection: LinearLayer;
  readonly expand: LinearLayer;
  readonly contract: LinearLayer;
}

interface Plan {
  readonly patch: number;
  readonly width: number;
  readonly heads: number;
  readonly tokens: number;
  readonly embed: LinearLayer;
  readonly blocks: readonly Block[];
  readonly head: LinearLayer;
}

function planOf(settings: VitSettings, inputShape: readonly number[], outputs: number): Plan {
  const { patch, width, depth, heads, mlpRatio = 4 } = settings;
  if (inputShape.length !== 3) {
    throw new UserError(
      `The vit backbone reads images [channels, height, width], not [${inputShape.join(', ')}].`,
    );
  }
  const [channels, height, breadth] = inputShape as [number, number, number];
  if (height % patch !== 0 || breadth % patch !== 0) {
    throw new UserError(
      `Patches of ${patch} pixels do not tile an image of ${height} by ${breadth}; set backbone.patch.`,
    );
  }
  if (width % heads !== 0) {
    throw new UserError(
      `A width of ${width} cannot be split into ${heads} heads; set backbone.heads to a divisor.`,
    );
  }
  const layer = (name: string, from: number, to: number): LinearLayer => ({
    name,
    inputs: from,
    outputs: to,
  });
  return {
    patch,
    width,
    heads,
    tokens: 1 + (height / patch) * (breadth / patch),
    embed: layer('patch_embed.proj', channels * patch * patch, width),
    blocks: Array.from({ length: depth }, (_, index) => ({
      qkv: layer(`blocks.${index}.attn.qkv`, width, 3 * width),
      projection: layer(`blocks.${index}.attn.proj`, width, width),
      expand: layer(`blocks.${index}.mlp.fc1`, width, mlpRatio * width),
      contract: layer(`blocks.${index}.mlp.fc2`, mlpRatio * width, width),
    })),
    head: layer('head', width, outputs),
  };
}

/** Cuts images into patches and embeds them: `[batch, channels, height, width]` to `[batch, 1 + patches, width]`. */
function embed(x: Tensor, plan: Plan, parameters: Tensors, linear: LinearFunction): Tensor {
  const [batch, channels, height, breadth] = x.shape as [number, number, number, number];
  const { patch, width } = plan;
  const [down, across] = [height / patch, breadth / patch];
  const grid = reshape(x, [batch, channels, down, patch, across, patch]);
  const patches = reshape(transpose(grid, [0, 2, 4, 1, 3, 5]), [
    batch * down * across,
    channels * patch * patch,
  ]);
  const embedded = reshape(linear(plan.embed, patches), [batch, down * across, width]);
  const classToken = tile(parameters.cls_token as Tensor, [batch, 1, 1]);
  return add(concat([classToken, embedded], 1), parameters.pos_embed as Tensor);
}

/**
 * Pre-norm attention and MLP, each with its residual.
 * @param x `[batch, tokens, width]`
 * @param kept how many tokens, from the first, are wanted of the result; all of them are attended to
 * @returns `[batch, kept, width]`
 */
function transformerBlock(
  x: Tensor,
  kept: number,
  name: string,
  block: Block,
  heads: number,
  parameters: Tensors,
  linear: LinearFunction,
): Tensor {
  const qkv = linear(block.qkv, layerNorm(x, ...norm(`${name}.norm1`, parameters)));
  const attended = add(first(x, kept), linear(block.projection, first(attention(qkv, heads), kept)));
  const hidden = gelu(linear(block.expand, layerNorm(attended, ...norm(`${name}.norm2`, parameters))));
  return add(attended, linear(block.contract, hidden));
}

/** The first tokens of `[batch, tokens, width]`. */
function first(x: Tensor, kept: number): Tensor {
  const [batch, tokens, width] = x.shape as [number, number, number];
  return kept === tokens ? x : slice(x, [0, 0, 0], [batch, kept, width]);
}

function norm(name: string, parameters: Tensors): [Tensor, Tensor] {
  return [parameters[`${name}.weight`] as Tensor, parameters[`${name}.bias`] as Tensor];
}

function initialise(plan: Plan, random: Random): HostTensors {
  const { width } = plan;
  const parameters: HostTensors = {
    cls_token: truncatedNormal([1, 1, width], 0.02, random),
    pos_embed: truncatedNormal([1, plan.tokens, width], 0.02, random),
  };
  const layers = [
    plan.embed,
    ...plan.blocks.flatMap((block) => Object.values(block) as LinearLayer[]),
    plan.head,
  ];
  for (const layer of layers) {
    parameters[`${layer.name}.weight`] = truncatedNormal([layer.outputs, layer.inputs], 0.02, random);
    parameters[`${layer.name}.bias`] = zeros([layer.outputs]);
  }
  const norms = [
    ...plan.blocks.flatMap((_, index) => [`blocks.${index}.norm1`, `blocks.${index}.norm2`]),
    'norm',
  ];
  for (const name of norms) {
    parameters[`${name}.weight`] = float32(new Float32Array(width).fill(1), [width]);
    parameters[`${name}.bias`] = zeros([width]);
  }
  return parameters;
}
