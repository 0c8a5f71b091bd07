import { readSync, type DecoderBlockParams, type DecoderParams, type DecoderShape, type HostArray, type LinearParams, type NormParams } from "@lab/tensor-core";

type Rows = readonly (readonly number[])[];
type HostLinear = { readonly kernel: Rows; readonly bias: readonly number[] | undefined };

const vector = (x: HostArray): number[] => Array.from({ length: x.shape[0]! }, (_, i) => x.get(i));
const matrix = (x: HostArray): number[][] => Array.from({ length: x.shape[0]! }, (_, i) => Array.from({ length: x.shape[1]! }, (_, j) => x.get(i, j)));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x + b[i]!);

function linear({ kernel, bias }: LinearParams): HostLinear {
  return { kernel: matrix(readSync(kernel)), bias: bias === undefined ? undefined : vector(readSync(bias)) };
}

function affine({ kernel, bias }: HostLinear, x: readonly number[]): number[] {
  return kernel[0]!.map((_, j) => (bias?.[j] ?? 0) + x.reduce((sum, each, i) => sum + each * kernel[i]![j]!, 0));
}

function normed({ scale, bias }: NormParams, { architecture, normEps }: DecoderShape): (x: readonly number[]) => number[] {
  const [gain, shift] = [vector(readSync(scale)), bias === undefined ? undefined : vector(readSync(bias))];
  return (x) => {
    const mean = architecture.norm === "layer" ? x.reduce((sum, each) => sum + each, 0) / x.length : 0;
    const centred = x.map((each) => each - mean);
    const size = Math.sqrt(dot(centred, centred) / x.length + normEps);
    return centred.map((each, i) => (gain[i]! * each) / size + (shift?.[i] ?? 0));
  };
}

function turned(x: readonly number[], position: number, { architecture, rotaryBase }: DecoderShape): number[] {
  if (architecture.positions !== "rotary") return [...x];
  const half = x.length / 2;
  return x.map((each, i) => {
    const angle = position * rotaryBase ** ((-2 * (i % half)) / x.length);
    return each * Math.cos(angle) + (i < half ? -x[i + half]! : x[i - half]!) * Math.sin(angle);
  });
}

/** Weighted sum of values by softmax of scores. */
function heard(scores: readonly number[], values: Rows): number[] {
  const top = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((sum, x) => sum + x, 0);
  return values[0]!.map((_, d) => values.reduce((sum, value, t) => sum + (weights[t]! / total) * value[d]!, 0));
}

function block(params: DecoderBlockParams, shape: DecoderShape): (stream: Rows) => Rows {
  const { channels, heads, keyValueHeads } = shape;
  const [depth, group] = [channels / heads, heads / keyValueHeads];
  const [first, second] = [normed(params.attentionNorm, shape), normed(params.denseNorm, shape)];
  const [qkv, out] = [linear(params.attention.qkv), linear(params.attention.out)];
  const [up, down, gate] = [linear(params.up), linear(params.down), params.gate === undefined ? undefined : linear(params.gate)];
  const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  const silu = (x: number): number => x / (1 + Math.exp(-x));
  return (stream) => {
    const rows = stream.map((x) => affine(qkv, first(x)));
    const part = (t: number, from: number, turn: boolean): number[] => {
      const x = rows[t]!.slice(from, from + depth);
      return turn ? turned(x, t, shape) : x;
    };
    const mixed = stream.map((_, t) =>
      Array.from({ length: heads }, (_, h) => {
        const [query, shared] = [part(t, h * depth, true), Math.floor(h / group) * depth];
        const seen = Array.from({ length: t + 1 }, (_, s) => s);
        const scores = seen.map((s) => dot(query, part(s, channels + shared, true)) / Math.sqrt(depth));
        return heard(
          scores,
          seen.map((s) => part(s, channels + keyValueHeads * depth + shared, false)),
        );
      }).flat(),
    );
    return stream.map((x, t) => {
      const between = plus(x, affine(out, mixed[t]!));
      const n = second(between);
      const inner = gate === undefined ? affine(up, n).map(gelu) : affine(up, n).map((each, i) => each * silu(affine(gate, n)[i]!));
      return plus(between, affine(down, inner));
    });
  };
}

/** The decoder's logits [time, vocabulary] of one sequence in float64, written from its equations: the reference of the tests. */
export function float64Logits(shape: DecoderShape, params: DecoderParams, tokens: readonly number[]): Rows {
  const table = matrix(readSync(params.tokens));
  const positions = params.positions === undefined ? undefined : matrix(readSync(params.positions));
  const embedded: Rows = tokens.map((token, t) => (positions === undefined ? table[token]! : plus(table[token]!, positions[t]!)));
  const stream = params.blocks.reduce((x, each) => block(each, shape)(x), embedded);
  const last = normed(params.norm, shape);
  const head = params.head === undefined ? undefined : matrix(readSync(params.head));
  return stream.map((x) => (head === undefined ? table.map((row) => dot(row, last(x))) : affine({ kernel: head, bias: undefined }, last(x))));
}
