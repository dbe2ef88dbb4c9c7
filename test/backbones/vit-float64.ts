import { at, gelu, layerNorm, linear, rowsOf, softmax, sum } from '../nn/float64.ts';

/** What the reference needs to know of a transformer. */
export interface Shape {
  readonly channels: number;
  readonly side: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
}

type Lists = Readonly<Record<string, readonly number[]>>;

/** Features and logits of one image `[channels, side, side]`: timm's VisionTransformer in float64 and plain loops. */
export function visionTransformer(
  image: readonly number[],
  parameters: Lists,
  shape: Shape,
): { features: number[]; logits: number[] } {
  const get = (name: string): readonly number[] => {
    const found = parameters[name];
    if (!found) throw new RangeError(`no parameter ${name}`);
    return found;
  };
  const dense = (name: string, rows: readonly (readonly number[])[]): number[][] =>
    rows.map((row) => linear(row, get(`${name}.weight`), get(`${name}.bias`)));
  const normalised = (name: string, rows: readonly (readonly number[])[]): number[][] =>
    rows.map((row) => layerNorm(row, get(`${name}.weight`), get(`${name}.bias`), 1e-6));

  const embedded = dense('patch_embed.proj', patchesOf(image, shape));
  const positions = rowsOf(get('pos_embed'), shape.width);
  let tokens = added([[...get('cls_token')], ...embedded], positions);
  for (let block = 0; block < shape.depth; block++) {
    const name = `blocks.${block}`;
    const qkv = dense(`${name}.attn.qkv`, normalised(`${name}.norm1`, tokens));
    tokens = added(tokens, dense(`${name}.attn.proj`, attention(qkv, shape)));
    const hidden = dense(`${name}.mlp.fc1`, normalised(`${name}.norm2`, tokens)).map((row) => row.map(gelu));
    tokens = added(tokens, dense(`${name}.mlp.fc2`, hidden));
  }
  const [features = []] = normalised('norm', tokens);
  return { features, logits: dense('head', [features])[0] ?? [] };
}

/** Patches from left to right, then down; in each the channels, then the rows, as a convolution's weights lie. */
function patchesOf(image: readonly number[], { channels, side, patch }: Shape): number[][] {
  const patches: number[][] = [];
  for (let top = 0; top < side; top += patch) {
    for (let left = 0; left < side; left += patch) {
      const values: number[] = [];
      for (let channel = 0; channel < channels; channel++) {
        for (let y = 0; y < patch; y++) {
          for (let x = 0; x < patch; x++)
            values.push(at(image, (channel * side + top + y) * side + left + x));
        }
      }
      patches.push(values);
    }
  }
  return patches;
}

function attention(qkv: readonly (readonly number[])[], { width, heads }: Shape): number[][] {
  const headWidth = width / heads;
  const part = (row: readonly number[], which: number, head: number): readonly number[] =>
    row.slice(which * width + head * headWidth, which * width + (head + 1) * headWidth);
  const dot = (a: readonly number[], b: readonly number[]): number =>
    sum(a.map((value, index) => value * at(b, index)));
  return qkv.map((row) =>
    Array.from({ length: heads }, (_, head) => head).flatMap((head) => {
      const query = part(row, 0, head);
      const weights = softmax(qkv.map((other) => dot(query, part(other, 1, head)) / Math.sqrt(headWidth)));
      return Array.from({ length: headWidth }, (_, index) =>
        sum(qkv.map((other, token) => at(weights, token) * at(part(other, 2, head), index))),
      );
    }),
  );
}

function added(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row, index) => row.map((value, column) => value + at(b[index] ?? [], column)));
}
