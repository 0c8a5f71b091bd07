import { writeFile } from "node:fs/promises";
import { defineCommand, type ArgsDef, type SubCommandsDef } from "citty";
import writeFileAtomic from "write-file-atomic";
import { systemReason } from "@lab/tensor-core/report";
import { callShares } from "../cascade/call-shares.ts";
import { checkedDecoding } from "../cascade/decoding.ts";
import type { Emission } from "../cascade/generate.ts";
import { languageStreams } from "../cascade/language-streams.ts";
import { explanation } from "../explanation/explanation.ts";
import { explanationPage, explanationText } from "../explanation/page.ts";
import { compromiseTagger } from "../facts/compromise.ts";
import { cascadeServer } from "../serve/cascade-server.ts";
import { CASCADE_FLAGS, cascadeOf, CALL_FLAGS } from "./cascade-of.ts";
import { JSON_FLAG, numberOf, printed } from "./flag.ts";
import { interruptible } from "./interruptible.ts";
import { writable } from "./output.ts";

const generateArgs = {
  prompt: { type: "positional", required: true, description: "The text to go on with" },
  ...CASCADE_FLAGS,
  ...CALL_FLAGS,
  tokens: { type: "string", default: "64", description: "The most tokens of the small model" },
  temperature: { type: "string", default: "0", description: "0 takes the likeliest token" },
  topK: { type: "string", valueHint: "count", description: "Draw among so many of the likeliest tokens" },
  topP: { type: "string", valueHint: "share", description: "Draw among the likeliest tokens up to this probability" },
  seed: { type: "string", default: "0", description: "Seed of the draws" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** Text from a cascade. */
const generateCommand = defineCommand({
  meta: { name: "generate", description: "Go on with a text: the small model writes, the bigger one answers its calls" },
  args: generateArgs,
  async run({ args }) {
    const options = {
      maxTokens: numberOf("tokens", args.tokens, { least: 1, whole: true }),
      temperature: numberOf("temperature", args.temperature, { least: 0 }),
      ...(args.topK !== undefined && { topK: numberOf("top-k", args.topK, { least: 1, whole: true }) }),
      ...(args.topP !== undefined && { topP: numberOf("top-p", args.topP, { least: 0, most: 1 }) }),
    };
    checkedDecoding(options);
    const seed = numberOf("seed", args.seed, { whole: true });
    using cascade = await cascadeOf(args, 1);
    const pieces: Emission[] = [];
    await interruptible(
      async (signal) => {
        for await (const piece of cascade.source(args.prompt, { ...options, seed, signal })) {
          signal.throwIfAborted();
          pieces.push(piece);
          if (args.json !== true) process.stdout.write(piece.by === "large" ? `[${piece.text}]` : piece.text);
          if (piece.failure !== undefined) console.error(`\nThe bigger model failed, the small one goes on: ${piece.failure}`);
        }
      },
      () => `piece ${pieces.length}${args.history === undefined ? "" : `; its call scores are in ${args.history}`}`,
    ).catch((error: unknown) => {
      if (args.json !== true && pieces.length > 0) process.stdout.write("\n");
      throw error;
    });
    if (args.json !== true) process.stdout.write("\n");
    else printed({ text: pieces.map(({ text }) => text).join(""), ...callShares(pieces), pieces }, true);
  },
});

const explainArgs = {
  text: { type: "positional", required: true, description: "The text to explain" },
  model: CASCADE_FLAGS.model,
  budget: CASCADE_FLAGS.budget,
  out: { type: "string", valueHint: "file", description: "Write an HTML page instead of colours on the terminal" },
  ...JSON_FLAG,
} as const satisfies ArgsDef;

/** Token by token: loss, fact, decision. */
const explainCommand = defineCommand({
  meta: { name: "explain", description: "Colour each token of a text by its loss, whether it is a fact, and whether the model would delegate it" },
  args: explainArgs,
  async run({ args }) {
    if (args.out !== undefined) await writable(args.out);
    using cascade = await cascadeOf({ model: args.model, budget: args.budget }, 1);
    const { tokenizer, model, params, end } = cascade.small;
    using streams = languageStreams(model, params.value, { start: end });
    using stream = await streams.stream();
    const tokens = await interruptible(
      async (signal) => {
        const explained = await explanation(stream, args.text, { tokenizer, control: cascade.control, tagger: compromiseTagger() });
        signal.throwIfAborted();
        return explained;
      },
      () => "the text; nothing is written",
    );
    if (args.out !== undefined) await writeFileAtomic(args.out, explanationPage(tokens));
    if (args.json === true) printed({ tokens }, true);
    else if (args.out === undefined) console.log(explanationText(tokens, { colours: process.stdout.isTTY === true }));
    else console.log(args.out);
  },
});

const serveArgs = {
  ...CASCADE_FLAGS,
  ...CALL_FLAGS,
  name: { type: "string", default: "lacy", description: "The name under which the cascade is asked for" },
  host: { type: "string", default: "127.0.0.1", description: "Where to listen: this machine alone unless told" },
  port: { type: "string", default: "8080", description: "The port; 0 for any free one" },
  streams: { type: "string", default: "8", description: "Texts written at a time" },
  portFile: { type: "string", valueHint: "file", description: "Write the address here once it listens" },
} as const satisfies ArgsDef;

/** An OpenAI-compatible server. */
const serveCommand = defineCommand({
  meta: { name: "serve", description: "Serve a cascade as OpenAI's API does; LACY_TOKEN is the bearer token that requests must carry" },
  args: serveArgs,
  async run({ args }) {
    const streams = numberOf("streams", args.streams, { least: 1, whole: true });
    const port = numberOf("port", args.port, { least: 0, most: 65_535, whole: true });
    if (args.portFile !== undefined) await writable(args.portFile);
    using cascade = await cascadeOf(args, streams);
    const token = process.env["LACY_TOKEN"];
    const asked = cascadeServer(cascade.source, {
      model: args.name,
      host: args.host,
      port,
      concurrency: streams,
      promptTokens: (prompt) => cascade.small.tokenizer.encode(prompt).length,
      ...(token !== undefined && { token }),
    });
    const server = await asked.catch((error: unknown) => {
      throw new Error(`Cannot listen on ${args.host}, port ${port}: ${systemReason(error)}`, { cause: error });
    });
    console.error(`Listening on ${server.url}`);
    if (args.portFile !== undefined) await writeFile(args.portFile, server.url);
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    });
    await server.close();
  },
});

export const writingCommands: SubCommandsDef = { generate: generateCommand, serve: serveCommand, explain: explainCommand };
