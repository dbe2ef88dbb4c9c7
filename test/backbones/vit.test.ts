import { grads, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { vit } from '../../harness/backbones/vit.ts';
import { int32 } from '../../harness/engine/tensor.ts';
import { crossEntropyPerExample } from '../../harness/nn/losses.ts';
import { Random } from '../../harness/random.ts';
import { engineNames, listOf } from '../engine/support.ts';
import { at, crossEntropy, distance, finiteDifferences, rowsOf, sum } from '../nn/float64.ts';
import { runOnce } from '../nn/run.ts';
import { drawn, forward, listsOf, strongParameters } from './support.ts';
import { visionTransformer } from './vit-float64.ts';

const shape = { channels: 2, side: 4, patch: 2, width: 6, depth: 2, heads: 3 };
const backbone = vit({ patch: 2, width: 6, depth: 2, heads: 3, mlpRatio: 2 }, [2, 4, 4], 3);
const parameters = strongParameters(backbone);
const x = drawn([2, 2, 4, 4], 'images');
const images = rowsOf(x.data, 32);

/**
 * Names and shapes of timm's VisionTransformer(img_size=4, patch_size=2, in_chans=2,
 * embed_dim=6, depth=2, mlp_ratio=2, num_classes=3).
 */
const timm = {
  cls_token: [1, 1, 6],
  pos_embed: [1, 5, 6],
  'patch_embed.proj.weight': [6, 8],
  'patch_embed.proj.bias': [6],
  'blocks.0.norm1.weight': [6],
  'blocks.0.norm1.bias': [6],
  'blocks.0.attn.qkv.weight': [18, 6],
  'blocks.0.attn.qkv.bias': [18],
  'blocks.0.attn.proj.weight': [6, 6],
  'blocks.0.attn.proj.bias': [6],
  'blocks.0.norm2.weight': [6],
  'blocks.0.norm2.bias': [6],
  'blocks.0.mlp.fc1.weight': [12, 6],
  'blocks.0.mlp.fc1.bias': [12],
  'blocks.0.mlp.fc2.weight': [6, 12],
  'blocks.0.mlp.fc2.bias': [6],
  'blocks.1.norm1.weight': [6],
  'blocks.1.norm1.bias': [6],
  'blocks.1.attn.qkv.weight': [18, 6],
  'blocks.1.attn.qkv.bias': [18],
  'blocks.1.attn.proj.weight': [6, 6],
  'blocks.1.attn.proj.bias': [6],
  'blocks.1.norm2.weight': [6],
  'blocks.1.norm2.bias': [6],
  'blocks.1.mlp.fc1.weight': [12, 6],
  'blocks.1.mlp.fc1.bias': [12],
  'blocks.1.mlp.fc2.weight': [6, 12],
  'blocks.1.mlp.fc2.bias': [6],
  'norm.weight': [6],
  'norm.bias': [6],
  'head.weight': [3, 6],
  'head.bias': [3],
};

describe('the parameters', () => {
  const fresh = backbone.initialise(new Random(1));
  const shapes = Object.fromEntries(Object.entries(fresh).map(([name, tensor]) => [name, tensor.shape]));

  it("have the names and shapes of timm's VisionTransformer", () => {
    expect(shapes).toEqual(timm);
  });

  it('start as timm starts them: weights within two deviations of 0.02, scales 1, shifts 0', () => {
    for (const [name, { data }] of Object.entries(fresh)) {
      const values = [...data];
      if (/norm\d?\.weight$/.test(name))
        expect(
          values.every((value) => value === 1),
          name,
        ).toBe(true);
      else if (name.endsWith('.bias'))
        expect(
          values.every((value) => value === 0),
          name,
        ).toBe(true);
      else
        expect(
          values.every((value) => value !== 0 && Math.abs(value) <= 0.04 + 1e-9),
          name,
        ).toBe(true);
    }
  });

  it('have 4 times the width inside a block unless told otherwise', () => {
    const wide = vit({ patch: 2, width: 6, depth: 1, heads: 1 }, [1, 4, 4], 3).initialise(new Random(1));
    expect(wide['blocks.0.mlp.fc1.weight']?.shape).toEqual([24, 6]);
  });

  it('match the linear layers, listed in the order of computation', () => {
    expect(backbone.layers.map(({ name }) => name)).toEqual([
      'patch_embed.proj',
      ...[0, 1].flatMap((block) =>
        ['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2'].map((name) => `blocks.${block}.${name}`),
      ),
      'head',
    ]);
    for (const { name, inputs, outputs } of backbone.layers) {
      expect(shapes[`${name}.weight`]).toEqual([outputs, inputs]);
      expect(shapes[`${name}.bias`]).toEqual([outputs]);
    }
  });

  it('are the same for the same seed, and different for another', () => {
    expect(backbone.initialise(new Random(1))).toEqual(fresh);
    expect(backbone.initialise(new Random(2))).not.toEqual(fresh);
  });
});

it('every linear layer is computed once, in order, through the one function', async () => {
  const seen: string[] = [];
  await runOnce('onnx', { x, ...parameters }, (given) => {
    const tensors = Object.fromEntries(Object.keys(parameters).map((name) => [name, given(name)]));
    return backbone.forward(given('x'), tensors, (layer, input) => {
      seen.push(layer.name);
      expect(input.shape.at(-1)).toBe(layer.inputs);
      return input.matMul(given(`${layer.name}.weight`).reshape([layer.outputs, layer.inputs]), false, true);
    }) as unknown as Record<string, Tensor>;
  });
  expect(seen).toEqual(backbone.layers.map(({ name }) => name));
});

describe.each(engineNames)('on %s', (engineName) => {
  it('features and logits are those of the float64 reference', async () => {
    const { features, logits } = await runOnce(engineName, { x, ...parameters }, (given) =>
      forward(
        backbone,
        given('x'),
        Object.fromEntries(Object.keys(parameters).map((name) => [name, given(name)])),
      ),
    );
    const expected = images.map((image) => visionTransformer(image, listsOf(parameters), shape));
    expect(
      distance(
        listOf(features),
        expected.flatMap((one) => one.features),
      ),
    ).toBeLessThan(1e-5);
    expect(
      distance(
        listOf(logits),
        expected.flatMap((one) => one.logits),
      ),
    ).toBeLessThan(1e-5);
  });

  it('the gradient of the loss is that of finite differences, for every parameter', async () => {
    const labels = int32([2, 0], [2]);
    const names = Object.keys(parameters);
    const gradients = await runOnce(engineName, { x, labels, ...parameters }, (given) => {
      const loss = (...values: Tensor[]): Tensor => {
        const tensors = Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
        return crossEntropyPerExample(forward(backbone, given('x'), tensors).logits, given('labels')).mean();
      };
      const slopes = grads(loss)(names.map(given));
      return Object.fromEntries(names.map((name, index) => [name, slopes[index] as Tensor]));
    });
    const lists = listsOf(parameters);
    for (const name of names) {
      const loss = (values: readonly number[]): number => {
        const moved = { ...lists, [name]: [...values] };
        return (
          sum(
            images.map((image, row) =>
              crossEntropy(visionTransformer(image, moved, shape).logits, at(labels.data, row)),
            ),
          ) / 2
        );
      };
      expect(
        distance(listOf(gradients[name]), finiteDifferences(loss, lists[name] ?? [])),
        name,
      ).toBeLessThan(2e-5);
    }
  });
});
