import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import { own, read, scoped } from "../memory.ts";
import type { DecoderParams } from "../nn/decoder-params.ts";
import { decoderShape, type DecoderOptions, type DecoderShape } from "../nn/decoder-shape.ts";
import { safetensors, storedTensors, type StoredTensor } from "../tree/safetensors.ts";
import { paths, tensors } from "../tree/tree.ts";
import { gpt2Layout } from "./hugging-face/gpt2.ts";
import type { Config, Layout } from "./hugging-face/layout.ts";
import { llamaLayout } from "./hugging-face/llama.ts";

/** The two files of a published model, `config.json` and the bytes of `model.safetensors`. */
export type HuggingFaceModel = { readonly config: Config; readonly weights: Uint8Array };

const LAYOUTS: readonly Layout[] = [gpt2Layout, llamaLayout];

function layoutOf({ architecture: { norm, positions, dense, biases } }: DecoderShape): Layout {
  if (norm === "layer" && positions === "learned" && dense === "gelu" && biases) return gpt2Layout;
  if (norm === "rms" && positions === "rotary" && dense === "swiglu" && !biases) return llamaLayout;
  throw new RangeError(`Cannot publish a decoder: expected the architecture of GPT2 or LLAMA, got ${JSON.stringify({ norm, positions, dense, biases })}`);
}

/**
 * A decoder as Hugging Face's `transformers` loads it: `GPT2LMHeadModel` or `LlamaForCausalLM`, float32. The same function, up to rounding.
 *
 * `config` is added to what the shape says: token ids such as `eos_token_id`, say.
 *
 * @throws RangeError for an architecture that is neither GPT-2's nor Llama's, or a GPT-2 of shared keys
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { huggingFaceModel } from "@lab/tensor-core/hugging-face";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * const { config } = await huggingFaceModel(model, model.init(key(0)));
 * config["model_type"]; // => 'gpt2'
 * ```
 */
export async function huggingFaceModel(
  { shape }: { readonly shape: DecoderShape },
  params: DecoderParams,
  { config = {} }: { readonly config?: Config } = {},
): Promise<HuggingFaceModel> {
  const layout = layoutOf(shape);
  if (layout === gpt2Layout && shape.keyValueHeads !== shape.heads)
    throw new RangeError(`Cannot publish a GPT-2: expected as many key-value heads as heads, ${shape.heads}, got ${shape.keyValueHeads}`);
  using named = own(() => layout.weights(params, shape));
  const host = await read(named.value);
  const stored = Object.entries(named.value).map(([name, x]): [string, StoredTensor] => [
    name,
    { dtype: "float32", shape: x.shape, data: host[name]!.data as Float32Array },
  ]);
  // transformers reads a file only if it says which framework its tensors suit.
  const weights = safetensors({ tensors: Object.fromEntries(stored), metadata: { format: "pt" } });
  return { config: { ...layout.config(shape), dtype: "float32", ...config }, weights };
}

/**
 * The options of a published GPT-2 or Llama, from its `config.json`.
 *
 * @throws RangeError for another model, or one whose config asks for what `decoder` does not do
 * @example
 * ```ts
 * import { huggingFaceOptions } from "@lab/tensor-core/hugging-face";
 * huggingFaceOptions({ model_type: "gpt2", vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 }).channels; // => 768
 * ```
 */
export function huggingFaceOptions(config: Config): DecoderOptions {
  const layout = LAYOUTS.find(({ modelType }) => modelType === config["model_type"]);
  if (layout === undefined)
    throw new RangeError(
      `Cannot read a model: expected model_type ${LAYOUTS.map(({ modelType }) => `"${modelType}"`).join(" or ")}, got ${JSON.stringify(config["model_type"])}`,
    );
  return layout.options(config);
}

/**
 * The parameters of a published GPT-2 or Llama, float32. Weights that the decoder has no use for are left out.
 *
 * @throws RangeError for a weight that is missing or of another shape, and as `huggingFaceOptions` and `storedTensors`
 * @example
 * ```ts
 * import { decoder, key } from "@lab/tensor-core";
 * import { huggingFaceModel, huggingFaceParams } from "@lab/tensor-core/hugging-face";
 * const model = decoder({ vocabulary: 50, context: 16, layers: 2, channels: 8, heads: 2 });
 * const published = await huggingFaceModel(model, model.init(key(0)));
 * huggingFaceParams(published).tokens.shape; // => [ 50, 8 ]
 * ```
 */
export function huggingFaceParams({ config, weights }: HuggingFaceModel): DecoderParams {
  const shape = decoderShape(huggingFaceOptions(config));
  const stored = storedTensors(weights).tensors;
  return scoped(() => {
    const params = layoutOf(shape).params((name) => {
      // A model saved without its head leaves the first name out.
      const found = stored[name] ?? stored[name.replace(/^(transformer|model)\./, "")];
      if (found === undefined) throw new RangeError(`Cannot read a model: expected a weight "${name}", got ${Object.keys(stored).length} others`);
      return tensor(found.data, [...found.shape], found.dtype);
    }, shape);
    checkedShapes(params, shape);
    return params;
  });
}

/** Each parameter must have the shape that its place asks for. */
function checkedShapes(params: DecoderParams, { vocabulary, context, channels, heads, keyValueHeads, inner }: DecoderShape): void {
  const rows = channels + (2 * keyValueHeads * channels) / heads;
  const kernels: { readonly [place: string]: readonly [number, number] } = {
    qkv: [channels, rows],
    out: [channels, channels],
    gate: [channels, inner],
    up: [channels, inner],
    down: [inner, channels],
  };
  const tables: { readonly [place: string]: readonly number[] } = {
    tokens: [vocabulary, channels],
    positions: [context, channels],
    head: [channels, vocabulary],
  };
  const xs: readonly Tensor[] = tensors(params);
  paths(params).forEach((path, i) => {
    const [leaf, place] = path.split(".").toReversed() as [string, string | undefined];
    const kernel = kernels[place ?? ""];
    const wanted = kernel === undefined ? (tables[leaf] ?? [channels]) : leaf === "bias" ? kernel.slice(1) : kernel;
    if (wanted.join() !== xs[i]!.shape.join())
      throw new RangeError(`Cannot read a model: expected "${path}" of shape [${wanted.join(", ")}], got [${xs[i]!.shape.join(", ")}]`);
  });
}
