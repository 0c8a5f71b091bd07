import { util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { free, type Wasm } from "./backend.ts";
import { call } from "./call.ts";

/** Real functions of one tensor: the heap knows their float32 form only, and answers others with noise or by writing out of bounds. */
export const realFunctions: readonly string[] = [
  ..."Acos Acosh Asin Asinh Atan Atanh Cos Cosh Elu Erf Exp Expm1 LeakyRelu Log Log1p Reciprocal Rsqrt Selu Sigmoid Sin Sinh Softmax Softplus Sqrt Tan Tanh".split(
    " ",
  ),
];

/** Functions that keep the dtype of their operands or answer with bool, and the dtypes that the heap's own kernel gets right. */
export const exactFunctions: Readonly<Record<string, readonly string[]>> = {
  Abs: ["float32", "int32"],
  IsFinite: ["float32"],
  IsInf: ["float32"],
  IsNan: ["float32"],
  MaxPool: ["float32"],
  Neg: ["float32", "int32"],
  Pow: ["float32"],
  Reverse: ["float32", "int32"],
  Round: ["float32"],
  ScatterNd: ["float32", "int32"],
  Select: ["float32", "int32"],
  Square: ["float32", "int32"],
  Step: ["float32", "int32"],
  StridedSlice: ["float32"],
};

/** Folds along an axis; over an axis of size 0 the heap answers with noise or writes out of bounds. */
export const folds: readonly string[] = ["All", "Any", "ArgMax", "ArgMin", "Cumprod", "Cumsum", "Max", "Mean", "Min", "Prod", "Sum"];

function operands(args: Parameters<KernelFunc>[0]): [string, TensorInfo][] {
  return Object.entries(args.inputs).filter((entry): entry is [string, TensorInfo] => entry[1] != null);
}

/** `original` with every operand cast to float32, so that a real function of integers is a real number. */
export function onFloats(original: KernelFunc): KernelFunc {
  return (args) => {
    const given = operands(args);
    if (given.every(([, x]) => x.dtype === "float32")) return original(args);
    const wasm = args.backend as Wasm;
    const cast = given.map(([name, x]) => [name, call(wasm, "Cast", { x }, { dtype: "float32" })] as const);
    const out = original({ ...args, inputs: Object.fromEntries(cast) });
    free(wasm, ...cast.map(([, x]) => x));
    return out;
  };
}

/** `original` where the dtypes of all operands (but a condition, which is bool) are among `dtypes`, else `exact`. */
export function where(dtypes: readonly string[], original: KernelFunc, exact: KernelFunc): KernelFunc {
  return (args) => (operands(args).every(([name, x]) => name === "condition" || dtypes.includes(x.dtype)) ? original(args) : exact(args));
}

/** `original` where no operand is empty, else `exact`. */
export function unlessEmpty(original: KernelFunc, exact: KernelFunc): KernelFunc {
  return (args) => (operands(args).some(([, x]) => util.sizeFromShape(x.shape) === 0) ? exact(args) : original(args));
}

/** `original` with a negative axis counted from the front: scans along axis −1 write out of bounds on the heap. */
export function fromFront(original: KernelFunc): KernelFunc {
  return (args) => {
    const { axis } = args.attrs as unknown as { axis: number };
    const rank = args.inputs["x"]!.shape.length;
    return original(axis < 0 ? { ...args, attrs: { ...args.attrs, axis: axis + rank } } : args);
  };
}

/** `original` where the attribute `name` meets `holds`, else `exact`. */
export function whenAttribute(name: string, holds: (value: unknown) => boolean, original: KernelFunc, exact: KernelFunc): KernelFunc {
  return (args) => (holds(args.attrs?.[name]) ? original(args) : exact(args));
}
