import { bytePairTokenizer, learnedBytePairs } from "@lab/tensor-core";
import { tokenizerJson } from "@lab/tensor-core/hugging-face";
import { defineCommand, type ArgsDef, type SubCommandsDef } from "citty";
import writeFileAtomic from "write-file-atomic";
import { corpus } from "../corpus/corpus.ts";
import { annotationFile } from "../facts/annotation-file.ts";
import type { TaggerName } from "../facts/annotation.ts";
import { DATA, JSON_FLAG, limited, numberOf, printed } from "./flag.ts";
import { CALL, END } from "./model-folder.ts";

const annotateArgs = {
  ...DATA,
  out: { type: "string", required: true, valueHint: "file", description: "JSON Lines of facts; a file that is there is gone on with" },
  tagger: { type: "string", default: "compromise", description: "compromise, wink or capitals" },
  threads: { type: "string", default: "2", description: "Worker threads; 0 for none" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** Facts of a corpus. */
const annotateCommand = defineCommand({
  meta: { name: "annotate", description: "Mark the facts in documents" },
  args: annotateArgs,
  async run({ args }) {
    const { documents } = await corpus({ data: args.data });
    const start = performance.now();
    const onWords = ({ documents, total, now }: { documents: number; total: number; now: number }): void => {
      const rate = Math.round((1000 * now) / (performance.now() - start));
      if (args.json !== true) console.error(`${documents} documents, ${total} words, ${rate} words/s`);
    };
    const threads = numberOf("threads", args.threads, { least: 0, whole: true });
    printed(await annotationFile(args.out, documents(limited(args)), { tagger: args.tagger as TaggerName, threads, onWords }), args.json);
  },
});

const tokenizerArgs = {
  ...DATA,
  out: { type: "string", required: true, valueHint: "file", description: "tokenizer.json" },
  vocabulary: { type: "string", default: "4096", description: `Tokens, ${END} and ${CALL} included` },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** A tokenizer of a corpus. */
const tokenizerCommand = defineCommand({
  meta: { name: "tokenizer", description: "Learn a byte-pair tokenizer from documents" },
  args: tokenizerArgs,
  async run({ args }) {
    const { documents } = await corpus({ data: args.data });
    const texts = async function* (): AsyncGenerator<string> {
      for await (const { text } of documents(limited(args))) yield text;
    };
    const pairs = await learnedBytePairs(texts(), { vocabulary: numberOf("vocabulary", args.vocabulary, { least: 258, whole: true }), specials: [END, CALL] });
    await writeFileAtomic(args.out, tokenizerJson(pairs));
    printed({ out: args.out, vocabulary: bytePairTokenizer(pairs).vocabulary, merges: pairs.merges.length }, args.json);
  },
});

export const preparingCommands: SubCommandsDef = { annotate: annotateCommand, tokenizer: tokenizerCommand };
