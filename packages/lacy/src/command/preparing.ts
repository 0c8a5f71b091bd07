import { bytePairTokenizer, learnedBytePairs } from "@lab/tensor-core";
import { tokenizerJson } from "@lab/tensor-core/hugging-face";
import { defineCommand, type ArgsDef, type SubCommandsDef } from "citty";
import writeFileAtomic from "write-file-atomic";
import { corpus } from "../corpus/corpus.ts";
import type { Document } from "../corpus/document.ts";
import { annotationFile } from "../facts/annotation-file.ts";
import { DATA, JSON_FLAG, limited, numberOf, oneOf, printed, TAGGERS } from "./flag.ts";
import { interruptible } from "./interruptible.ts";
import { CALL, END } from "./model-folder.ts";
import { writable } from "./output.ts";

const annotateArgs = {
  ...DATA,
  out: { type: "string", required: true, valueHint: "file", description: "JSON Lines of facts; a file that is there is gone on with" },
  tagger: { type: "string", default: "compromise", description: "compromise, wink or capitals" },
  threads: { type: "string", default: "2", description: "Worker threads; 0 for none" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** The documents, of which there is one at least. */
async function* some(documents: AsyncIterable<Document>, from: string): AsyncGenerator<Document> {
  let count = 0;
  for await (const each of documents) {
    count++;
    yield each;
  }
  if (count === 0) throw new Error(`Cannot read the documents of ${from}: expected one at least, got none`);
}

/** Facts of a corpus. */
const annotateCommand = defineCommand({
  meta: { name: "annotate", description: "Mark the facts in documents" },
  args: annotateArgs,
  async run({ args }) {
    const tagger = oneOf("tagger", args.tagger, TAGGERS);
    const threads = numberOf("threads", args.threads, { least: 0, whole: true });
    const most = limited(args);
    await writable(args.out);
    const { documents, name } = await corpus({ data: args.data });
    const start = performance.now();
    let written = 0;
    const onWords = ({ documents, total, now }: { documents: number; total: number; now: number }): void => {
      written = documents;
      const rate = Math.round((1000 * now) / (performance.now() - start));
      if (args.json !== true) console.error(`${documents} documents, ${total} words, ${rate} words/s`);
    };
    printed(
      await interruptible(
        (signal) => annotationFile(args.out, some(documents(most), name), { tagger, threads, onWords, signal }),
        () =>
          written === 0
            ? `the beginning; the same command begins anew, or goes on with ${args.out}`
            : `document ${written}; the same command goes on with ${args.out} from there`,
      ),
      args.json,
    );
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
    const vocabulary = numberOf("vocabulary", args.vocabulary, { least: 258, whole: true });
    const most = limited(args);
    await writable(args.out);
    const { documents, name } = await corpus({ data: args.data });
    let read = 0;
    const texts = async function* (signal: AbortSignal): AsyncGenerator<string> {
      for await (const { text } of some(documents(most), name)) {
        signal.throwIfAborted();
        read++;
        yield text;
      }
    };
    const pairs = await interruptible(
      (signal) => learnedBytePairs(texts(signal), { vocabulary, specials: [END, CALL] }),
      () => `document ${read}; nothing is written`,
    );
    await writeFileAtomic(args.out, tokenizerJson(pairs));
    printed({ out: args.out, vocabulary: bytePairTokenizer(pairs).vocabulary, merges: pairs.merges.length }, args.json);
  },
});

export const preparingCommands: SubCommandsDef = { annotate: annotateCommand, tokenizer: tokenizerCommand };
