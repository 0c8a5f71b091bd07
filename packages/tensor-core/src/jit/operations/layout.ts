import * as tf from "@tensorflow/tfjs-core";
import { booleans, distinct, floats, integers, type Operation, type Operations, type Values } from "./operation.ts";

const x = floats([4, 6]);
const y = floats([4, 6], { salt: 1 });
const cube = floats([2, 3, 4]);
const table = floats([7, 3]);
const rows = integers([5], { max: 7 });
const flat = (f: Operation["f"], ...inputs: readonly Values[]): Operation => ({ f, inputs, terms: 12 });
const smooth = (f: Operation["f"], ...inputs: readonly Values[]): Operation => ({ ...flat(f, ...inputs), gradient: "every" });

export const layout: Operations = {
  reshape: smooth((a) => tf.reshape(a, [3, -1]), x),
  expandDims: smooth((a) => tf.expandDims(a, 1), x),
  squeeze: smooth((a) => tf.squeeze(a, [1]), floats([4, 1, 2])),
  transpose: smooth((a) => tf.transpose(a), x),
  "transpose by a permutation": smooth((a) => tf.transpose(a, [2, 0, 1]), cube),
  slice: smooth((a) => tf.slice(a, [1, 2], [2, 3]), x),
  "slice to the end": smooth((a) => tf.slice(a, [1, 0], [-1, -1]), x),
  stridedSlice: flat((a) => tf.stridedSlice(a, [0, 1], [4, 6], [2, 2]), x),
  concat: smooth((a, b) => tf.concat([a, b], 1), x, y),
  "concat of int32": flat((a, b) => tf.concat([a, b]), rows, rows),
  stack: smooth((a, b) => tf.stack([a, b], 1), x, y),
  unstack: smooth((a) => tf.unstack(a, 0), x),
  split: smooth((a) => tf.split(a, 3, 1), x),
  "split into unequal parts": smooth((a) => tf.split(a, [1, 2, 3], 1), x),
  pad: smooth(
    (a) =>
      tf.pad(
        a,
        [
          [1, 0],
          [2, 1],
        ],
        0.5,
      ),
    x,
  ),
  mirrorPad: flat(
    (a) =>
      tf.mirrorPad(
        a,
        [
          [1, 1],
          [2, 0],
        ],
        "reflect",
      ),
    x,
  ),
  tile: smooth((a) => tf.tile(a, [2, 3]), x),
  broadcastTo: smooth((a) => tf.broadcastTo(a, [4, 6]), floats([1, 6])),
  reverse: smooth((a) => tf.reverse(a, 1), x),
  gather: { ...smooth((t, i) => tf.gather(t, i), table, rows), gradient: [0] },
  "gather along the last axis": { ...smooth((t, i) => tf.gather(t, i, 1), floats([3, 7]), rows), gradient: [0] },
  "gather by a matrix of indices": { ...smooth((t, i) => tf.gather(t, i), table, integers([2, 4], { max: 7 })), gradient: [0] },
  "gather of int32": flat((t, i) => tf.gather(t, i), integers([7]), rows),
  "gather with a batch axis": flat((t, i) => tf.gather(t, i, 1, 1), floats([2, 7]), integers([2, 3], { max: 7 })),
  gatherND: flat((t, i) => tf.gatherND(t, i), table, integers([4, 2], { max: 3 })),
  scatterND: flat((u) => tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], "int32"), u, [5, 3]), floats([2, 3])),
  tensorScatterUpdate: flat((t, u) => tf.tensorScatterUpdate(t, tf.tensor2d([[1], [3]], [2, 1], "int32"), u), table, floats([2, 3], { salt: 3 })),
  unsortedSegmentSum: { ...smooth((u, i) => tf.unsortedSegmentSum(u, i, 7), floats([5, 3]), rows), gradient: [0] },
  oneHot: flat((i) => tf.oneHot(i, 7), rows),
  "oneHot with other values": flat((i) => tf.oneHot(i, 7, 0.9, 0.1), rows),
  range: flat((a) => tf.add(tf.cast(tf.range(0, 6, 1, "int32"), "float32"), a), x),
  linspace: flat((a) => tf.add(tf.linspace(0, 1, 6), a), x),
  fill: flat((a) => tf.add(tf.fill([4, 6], 0.25), a), x),
  eye: flat((a) => tf.matMul(tf.eye(4), a), x),
  diag: flat((a) => tf.diag(a), floats([4])),
  bandPart: flat((a) => tf.linalg.bandPart(a, -1, 0), floats([5, 5])),
  depthToSpace: flat((a) => tf.depthToSpace(a, 2, "NHWC"), floats([1, 2, 3, 8])),
  spaceToBatchND: smooth((a) => tf.spaceToBatchND(a, [2], [[0, 0]]), x),
  batchToSpaceND: smooth((a) => tf.batchToSpaceND(a, [2], [[0, 0]]), x),
  "a causal mask": smooth((a) => tf.where(tf.greaterEqual(tf.reshape(tf.range(0, 5), [5, 1]), tf.range(0, 5)), a, tf.fill([5, 5], -1e9)), floats([5, 5])),
  "the k best by topk and gather": flat((a) => tf.gather(a, tf.topk(a, 3).indices), distinct([9])),
  "a mask as numbers": flat((a, m) => tf.mul(a, tf.cast(m, "float32")), x, booleans([4, 6])),
};
