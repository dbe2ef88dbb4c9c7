// TF.js registers its gradients in this package only; everything else is imported from tfjs-core.
import '@tensorflow/tfjs';
import {
  add,
  div,
  engine,
  erf,
  exp,
  type GradFunc,
  matMul,
  mean,
  mul,
  registerGradient,
  registerKernel,
  rsqrt,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/**
 * Layers as kernels of our own: an engine that records writes each as one operation, the others compose it from
 * TF.js ops. Their gradients are the same everywhere, and are only computed for the inputs that are trained
 * (tf.fused.matMul would compute those of frozen weights too).
 */

/**
 * `x Wᵀ + b`.
 * @param x `[rows, in]`
 * @param weight `[out, in]`, as PyTorch and Hugging Face store it
 * @param bias `[out]`
 * @returns `[rows, out]`
 */
export function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return engine().runKernel('Affine', { x, weight, bias });
}

/** `x · Φ(x)` with the exact normal distribution function Φ. Any shape. */
export function gelu(x: Tensor): Tensor {
  return engine().runKernel('Gelu', { x });
}

/**
 * `(x − mean) / √(variance + ε) · scale + shift` over the last axis.
 * @param x `[…, width]`
 * @param scale `[width]`
 * @param shift `[width]`
 */
export function layerNormalization(x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor {
  const outputs = engine().runKernel('LayerNormalization', { x, scale, shift }, { epsilon }) as Tensor[];
  return outputs[0] as Tensor;
}

type Gradients = ReturnType<GradFunc>;

const composed: Record<
  string,
  (inputs: Record<string, Tensor>, attributes: { epsilon?: number }) => Tensor[]
> = {
  Affine: ({ x, weight, bias }) => [add(matMul(x as Tensor, weight as Tensor, false, true), bias as Tensor)],
  Gelu: ({ x }) => {
    const z = x as Tensor;
    return [mul(mul(z, 0.5), add(erf(mul(z, Math.SQRT1_2)), 1))];
  },
  LayerNormalization: ({ x, scale, shift }, { epsilon }) => {
    const [input, gain, bias] = [x, scale, shift] as [Tensor, Tensor, Tensor];
    const centre = mean(input, -1, true);
    const variance = mean(squaredDifference(input, centre), -1, true);
    const inverseDeviation = rsqrt(add(variance, epsilon ?? 0));
    return [add(mul(mul(sub(input, centre), inverseDeviation), gain), bias), centre, inverseDeviation];
  },
};

/** Makes the layer kernels available on an eager backend, once. */
export function registerComposedKernels(backendName: string): void {
  for (const [kernelName, compose] of Object.entries(composed)) {
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const outputs = compose(inputs as Record<string, Tensor>, (attrs ?? {}) as { epsilon?: number });
        // The tensors made here end with the kernel; the caller's handles to the same data must outlive them.
        for (const output of outputs) (backend as { incRef(id: object): void }).incRef(output.dataId);
        const infos: TensorInfo[] = outputs.map(({ dataId, shape, dtype }) => ({ dataId, shape, dtype }));
        return infos.length === 1 ? (infos[0] as TensorInfo) : infos;
      },
    });
  }
}

const affineGradient: GradFunc = (given, saved): Gradients => {
  const [x, weight] = saved as [Tensor, Tensor];
  const dy = given as Tensor;
  return {
    x: () => matMul(dy, weight),
    weight: () => matMul(dy, x, true, false),
    bias: () => sum(dy, 0),
  };
};

/** `Φ(x) + x·φ(x)`, written with z = x/√2 so that few passes over the values are needed. */
const geluGradient: GradFunc = (dy, saved): Gradients => {
  const [x] = saved as [Tensor];
  return {
    x: () => {
      const z = mul(x, Math.SQRT1_2);
      // A product with −1, because ONNX Runtime's Neg is several times slower than its Mul.
      const density = mul(z, exp(mul(square(z), -1)));
      const slope = add(add(erf(z), 1), mul(density, 2 / Math.sqrt(Math.PI)));
      return mul(mul(dy as Tensor, 0.5), slope);
    },
  };
};

/** With x̂ the normalised input and g = dy·scale: `dx = (g − mean(g) − x̂·mean(g·x̂)) / deviation`. */
const layerNormalizationGradient: GradFunc = (dys, saved): Gradients => {
  const [x, scale, centre, inverseDeviation] = saved as [Tensor, Tensor, Tensor, Tensor];
  const dy = Array.isArray(dys) ? (dys[0] as Tensor) : dys;
  const normalised = (): Tensor => mul(sub(x, centre), inverseDeviation);
  const leading = x.shape.slice(0, -1).map((_, axis) => axis);
  return {
    x: () => {
      const width = x.shape.at(-1) as number;
      const scaled = mul(dy, scale);
      const xHat = normalised();
      const average = div(sum(scaled, -1, true), width);
      const alongInput = div(sum(mul(scaled, xHat), -1, true), width);
      return mul(sub(sub(scaled, average), mul(xHat, alongInput)), inverseDeviation);
    },
    scale: () => sum(mul(dy, normalised()), leading),
    shift: () => sum(dy, leading),
  };
};

registerGradient({ kernelName: 'Affine', inputsToSave: ['x', 'weight'], gradFunc: affineGradient });
registerGradient({ kernelName: 'Gelu', inputsToSave: ['x'], gradFunc: geluGradient });
registerGradient({
  kernelName: 'LayerNormalization',
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true, true],
  gradFunc: layerNormalizationGradient,
});
