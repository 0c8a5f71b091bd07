import { backend_util, util, type KernelFunc, type Tensor, type TensorInfo } from "@tensorflow/tfjs-core";
import { free, reshaped, type Wasm } from "./backend.ts";
import { call, transposed } from "./call.ts";
import { matMul } from "./mat-mul.ts";

/** `x`, whose axes are `labels`, with its axes in the order `wanted` and summed over the rest; consumes `x` if it is not `borrowed`. */
function arranged(wasm: Wasm, x: TensorInfo, labels: readonly number[], wanted: readonly number[], borrowed: boolean): TensorInfo {
  const lost = labels.flatMap((label, axis) => (wanted.includes(label) ? [] : [axis]));
  const summed = lost.length === 0 ? x : call(wasm, "Sum", { x }, { axis: lost, keepDims: false });
  const left = labels.filter((label) => wanted.includes(label));
  const out = transposed(
    wasm,
    summed,
    wanted.map((label) => left.indexOf(label)),
  );
  if (summed !== x) free(wasm, summed);
  if (!borrowed) free(wasm, x);
  return out;
}

/**
 * A sum of products over named axes, `"bthd,bshd->bhts"`. One or two float32 operands run as one product of matrices; more run in plain
 * JS, slowly.
 */
export function einsum(exact: KernelFunc): KernelFunc {
  return (args) => {
    const wasm = args.backend as Wasm;
    const operands = args.inputs as unknown as readonly TensorInfo[];
    if (operands.length > 2 || operands.some((x) => x.dtype !== "float32")) return exact(args);
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation((args.attrs as unknown as { equation: string }).equation, operands.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as unknown as Tensor[]);
    const result = allDims.map((_, label) => label).filter((label) => !summedDims.includes(label));
    const [x, y] = operands;
    const [ofX, ofY] = idDims as [number[], number[] | undefined];
    if (y === undefined || ofY === undefined) return arranged(wasm, x!, ofX, result, true);

    const shared = ofX.filter((label) => ofY.includes(label));
    const batch = shared.filter((label) => result.includes(label));
    const inner = shared.filter((label) => !result.includes(label));
    const rows = ofX.filter((label) => result.includes(label) && !shared.includes(label));
    const columns = ofY.filter((label) => result.includes(label) && !shared.includes(label));
    const sizes = (labels: readonly number[]): number[] =>
      labels.map((label) => (ofX.includes(label) ? x!.shape[ofX.indexOf(label)]! : y.shape[ofY.indexOf(label)]!));
    const size = (labels: readonly number[]): number => util.sizeFromShape(sizes(labels));

    const left = arranged(wasm, x!, ofX, [...batch, ...rows, ...inner], true);
    const right = arranged(wasm, y, ofY, [...batch, ...inner, ...columns], true);
    const a = reshaped(left, [size(batch), size(rows), size(inner)]);
    const b = reshaped(right, [size(batch), size(inner), size(columns)]);
    const product = matMul(wasm, { a, b, transposeA: false, transposeB: false, batch: [size(batch)] });
    free(wasm, left, right);
    const labels = [...batch, ...rows, ...columns];
    return arranged(wasm, reshaped(product, sizes(labels)), labels, result, false);
  };
}
