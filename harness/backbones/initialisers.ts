import { float32, type HostTensor, sizeOf } from '../engine/tensor.ts';
import type { Random } from '../random.ts';

/** Every value uniform in (−limit, limit). */
export function uniform(shape: readonly number[], limit: number, random: Random): HostTensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.uniform() - 1) * limit);
  return float32(values, shape);
}

/** Xavier- or Glorot-uniform weights `[outputs, inputs]` (Glorot & Bengio 2010): uniform in ±√(6 / (inputs + outputs)). */
export function xavierUniform(outputs: number, inputs: number, random: Random): HostTensor {
  return uniform([outputs, inputs], Math.sqrt(6 / (inputs + outputs)), random);
}

/**
 * Normal with mean 0, cut at two deviations by drawing again; its own deviation is 0.88 of the one given. (timm cuts at ±2
 * whatever the deviation, which for 0.02 cuts nothing.)
 */
export function truncatedNormal(shape: readonly number[], deviation: number, random: Random): HostTensor {
  const draw = (): number => {
    for (;;) {
      const value = random.normal();
      if (Math.abs(value) <= 2) return value * deviation;
    }
  };
  return float32(Float32Array.from({ length: sizeOf(shape) }, draw), shape);
}
