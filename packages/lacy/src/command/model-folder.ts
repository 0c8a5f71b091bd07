import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  bytePairTokenizer,
  decoder,
  engine,
  own,
  type BytePairs,
  type Decoder,
  type DecoderParams,
  type Owned,
  type Token,
  type Tokenizer,
} from "@lab/tensor-core";
import { bytePairs, huggingFaceModel, huggingFaceOptions, huggingFaceParams, tokenizerJson } from "@lab/tensor-core/hugging-face";
import { mkdir } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { systemReason } from "@lab/tensor-core/report";

/** The token before every text, which closes it too, and `<CALL>`. */
export const END = "<|endoftext|>";
export const CALL = "<CALL>";

export type ModelFolder = {
  readonly pairs: BytePairs;
  readonly tokenizer: Tokenizer;
  readonly end: Token;
  readonly model: Decoder;
  readonly params: Owned<DecoderParams>;
};

async function file(path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Cannot read ${path}: ${error.code === "ENOENT" ? "there is no such file" : systemReason(error)}`, { cause: error });
  });
}

/** The tokenizer of a `tokenizer.json` or of the folder that holds it. */
export async function pairsOf(path: string): Promise<BytePairs> {
  const at = path.endsWith(".json") ? path : join(path, "tokenizer.json");
  try {
    return bytePairs((await file(at)).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`Cannot read ${at}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A model with its tokenizer, in the files that transformers reads too: config.json, model.safetensors and tokenizer.json. */
export async function modelFolder(path: string): Promise<ModelFolder> {
  await engine();
  const pairs = await pairsOf(path);
  const tokenizer = bytePairTokenizer(pairs);
  const end = tokenizer.specials[END];
  if (end === undefined) throw new Error(`Cannot use ${path}: expected a tokenizer with ${END}`);
  const text = (await file(join(path, "config.json"))).toString("utf8");
  const weights = new Uint8Array(await file(join(path, "model.safetensors")));
  try {
    const config = JSON.parse(text) as Parameters<typeof huggingFaceOptions>[0];
    const model = decoder(huggingFaceOptions(config));
    if (model.shape.vocabulary !== tokenizer.vocabulary)
      throw new Error(`expected a model of the ${tokenizer.vocabulary} tokens of its tokenizer.json, got one of ${model.shape.vocabulary}`);
    return { pairs, tokenizer, end, model, params: own(() => huggingFaceParams({ config, weights })) };
  } catch (error) {
    throw new Error(`Cannot use the model in ${path}: ${error instanceof SyntaxError ? "config.json: " : ""}${(error as Error).message}`, { cause: error });
  }
}

/** Writes a model into a folder. */
export async function writeModel(
  path: string,
  { model, params, pairs }: { readonly model: Decoder; readonly params: DecoderParams; readonly pairs: BytePairs },
): Promise<void> {
  const end = pairs.specials[END];
  const { config, weights } = await huggingFaceModel(model, params, { config: { eos_token_id: end ?? null, bos_token_id: end ?? null } });
  await mkdir(path, { recursive: true });
  await writeFileAtomic(join(path, "config.json"), `${JSON.stringify(config, undefined, 2)}\n`);
  await writeFileAtomic(join(path, "tokenizer.json"), tokenizerJson(pairs));
  await writeFileAtomic(join(path, "model.safetensors"), Buffer.from(weights));
}
