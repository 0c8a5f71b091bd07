import { add, concat, matMul, mean, mul, rsqrt, square, sub, type Tensor, type Tensor3D } from "@tensorflow/tfjs-core";
import { uniform, type Key, type MemberAffine } from "@lab/tensor-core";

/** One affine map for each member: W [member, input, output], b [member, 1, output]. */
export type Affine = MemberAffine;

/** γ and β of each member, [member, 1, channel]. */
export type Norms = { readonly scale: Tensor3D; readonly bias: Tensor3D };

/** x W + b for each member by one batched product: [member, row, input] → [member, row, output]. */
export function affine({ kernel, bias }: Affine, x: Tensor): Tensor {
  return add(matMul(x, kernel), bias);
}

/** γ (x − mean x) / √(var x + ε) + β for each member, over the last axis. */
export function normed({ scale, bias }: Norms, x: Tensor, eps: number): Tensor {
  const centred = sub(x, mean(x, -1, true));
  return add(mul(mul(centred, rsqrt(add(mean(square(centred), -1, true), eps))), scale), bias);
}

/** Draws for each member from its own key, so that a member starts alike whatever its company: [member, ...shape]. */
export function drawn(keys: readonly Key[], shape: readonly [number, number], limit: number): Tensor3D {
  return concat(
    keys.map((key) => uniform(key, [1, ...shape], { min: -limit, max: limit })),
    0,
  ) as Tensor3D;
}
