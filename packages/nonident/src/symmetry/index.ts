export { foldedValueBias, permutedHeads, transformedQueryKey, transformedValueOut, type HeadOptions } from "./attention-heads.ts";
export { permutedInner, rescaledInner } from "./dense-half.ts";
export { deepened, widened, withDeadUnits, type DeadUnitOptions } from "./expansion.ts";
export { permutedUnits, rescaledUnits, type HiddenLayer } from "./hidden-units.ts";
export { deepenedMlp, factored, widenedUnits, withHiddenLayer } from "./mlp-layers.ts";
export type { Network } from "./network.ts";
export { centredWriters, foldedNorms, untied } from "./norm-folding.ts";
export { rotatedResidual, shiftedUnembedding } from "./residual-stream.ts";
export { householder, type SquareMatrix } from "./square-matrix.ts";
