import {
  add,
  cast,
  less,
  log,
  mul,
  notEqual,
  reshape,
  slice,
  sqrt,
  square,
  tensor,
  tensor1d,
  tensor2d,
  where,
  type Tensor,
  type Tensor1D,
} from "@tensorflow/tfjs-core";
import { bitwiseAnd } from "./bits.ts";
import { hostWords, DOMAIN, isHostKey, type HostKey, type Key } from "./key.ts";
import { words } from "./words.ts";
import { nativeBackend, ownKernels } from "../engine/native-backend.ts";

/** Draws of at most so many numbers are made in JavaScript, on every engine. */
const HOST_DRAWS = 1024;

/** Whether a draw is made in JavaScript: always where the engine has no generator of its own. */
function onHost(key: Key, n: number): key is HostKey {
  return isHostKey(key) && (n <= HOST_DRAWS || nativeBackend() === undefined);
}

const LOW_24 = 2 ** 24 - 1;
const LOW_23 = 2 ** 23 - 1;
const SWAP = 2 ** 24;

/** k / 2²⁴ with k the low 24 bits of a word: [0, 1), exact in float32. */
export function uniforms(key: Key, n: number): Tensor1D {
  if (onHost(key, n)) return tensor1d(Float32Array.from(hostWords(key, n, DOMAIN.draw), (word) => (word & LOW_24) / 2 ** 24));
  return mul(cast(bitwiseAnd(words(key, n), LOW_24), "float32"), 2 ** -24);
}

/** (k + ½) / 2²³ with k the low 23 bits of a word: (0, 1), exact in float32. */
export function openUniforms(key: Key, n: number): Tensor1D {
  if (onHost(key, n)) return tensor1d(Float32Array.from(hostWords(key, n, DOMAIN.draw), (word) => ((word & LOW_23) + 0.5) / 2 ** 23));
  return open(words(key, n));
}

function open<T extends Tensor>(w: T): T {
  return mul(add(cast(bitwiseAnd(w, LOW_23), "float32"), 0.5), 2 ** -23);
}

/*
 * Word i of the first half gives the radius of pair i, word i of the second half its angle: 24 bits f ∈ (−½, ½) turn by f π/2 from one of four axes,
 * which bits 24 and 31 choose. So sine and cosine are small polynomials of f, accurate relative to themselves, near zero too.
 */

/** `n` normals of a host key, or undefined where the engine should make them. */
export function hostNormals(key: HostKey, n: number, shape: readonly number[]): Tensor | undefined {
  if (!onHost(key, n)) return undefined;
  const half = Math.ceil(n / 2);
  const source = hostWords(key, 2 * half, DOMAIN.draw);
  const out = new Float32Array(n);
  for (let i = 0; i < half; i++) {
    const [first, second] = [source[i]!, source[half + i]!];
    const radius = Math.sqrt(-2 * Math.log(((first & LOW_23) + 0.5) / 2 ** 23));
    const angle = (((second & LOW_24) - 2 ** 23 + 0.5) / 2 ** 24) * (Math.PI / 2);
    const along = second >>> 31 === 1 ? -radius * Math.cos(angle) : radius * Math.cos(angle);
    const across = radius * Math.sin(angle);
    const swapped = (second & SWAP) !== 0;
    out[i] = swapped ? across : along;
    if (half + i < n) out[half + i] = swapped ? along : across;
  }
  return tensor(out, [...shape]);
}

/**
 * `n` normals, by operations of the engine. Both numbers of a pair come from one elementwise expression over [2, half]:
 * XLA runs it as one vectorised loop, which it would not do for a concatenation.
 */
export function normals(key: Key, n: number): Tensor1D {
  if (ownKernels().normal) return ownNormals(key, n);
  const half = Math.ceil(n / 2);
  const source = reshape(words(key, 2 * half), [2, half]);
  const [first, second] = [slice(source, [0, 0], [1, half]), slice(source, [1, 0], [1, half])];
  const radius = sqrt(mul(log(open(first)), -2));
  const f = mul(add(cast(bitwiseAnd(second, LOW_24), "float32"), 0.5 - 2 ** 23), 2 ** -24);
  const f2 = square(f);
  const along = mul(radius, polynomial(f2, COSINE));
  const across = mul(mul(radius, f), polynomial(f2, SINE));
  const signed = where(less(second, 0), mul(along, -1), along);
  // Row 0 takes `across` where the swap bit is set, row 1 where it is not.
  const pair = where(notEqual(bitwiseAnd(second, SWAP), tensor2d([[0], [SWAP]], [2, 1], "int32")), across, signed);
  const flat = reshape(pair, [2 * half]) as Tensor1D;
  return 2 * half === n ? flat : slice(flat, [0], [n]);
}

/** By a kernel of our own, which makes words and normals in one pass. */
function ownNormals(key: Key, n: number): Tensor1D {
  const backend = nativeBackend()!;
  const words = isHostKey(key) ? tensor1d(Int32Array.from(key.words), "int32") : (key.words as Tensor1D);
  const ids = backend.getInputTensorIds([words, tensor1d([n, DOMAIN.draw], "int32")]);
  const [result] = backend.binding.executeOp("LabNormal", [], ids, 1);
  return backend.createOutputTensor(result!) as Tensor1D;
}

/** The Taylor coefficients of cos(f π/2) and sin(f π/2)/f in f²: at |f| ≤ ½ the first term left out is below 2⁻²⁶ of the value. */
const COSINE = taylor(0, 6);
const SINE = taylor(1, 5);

function taylor(first: number, terms: number): number[] {
  let coefficient = (Math.PI / 2) ** first;
  return Array.from({ length: terms }, (_, i) => {
    const k = first + 2 * i;
    if (i > 0) coefficient *= -((Math.PI / 2) ** 2) / (k * (k - 1));
    return coefficient;
  });
}

/** Horner's scheme, lowest coefficient first. */
export function polynomial<T extends Tensor>(x: T, coefficients: readonly number[]): T {
  const [highest, ...rest] = coefficients.toReversed() as [number, ...number[]];
  const [next, ...others] = rest as [number, ...number[]];
  let sum = add<T>(mul(x, highest), next);
  for (const c of others) sum = add(mul(sum, x), c);
  return sum;
}
