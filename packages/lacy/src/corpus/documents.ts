import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { systemReason } from "@lab/tensor-core/report";
import { document, type Document } from "./document.ts";
import { READABLE, records } from "./records.ts";

/** The part of a corpus that is for training, for choosing or for testing. */
export type Split = "train" | "validation" | "test";

export type DocumentsOptions = {
  /** All unless told. */
  readonly split?: Split;
  /** The folder within the folder that is read: `facts`. All unless told. */
  readonly part?: string;
  /** At most so many documents. */
  readonly limit?: number;
};

const SPLITS: readonly Split[] = ["train", "validation", "test"];

/**
 * The documents of a folder, one at a time: JSON Lines (`.jsonl`, `.ndjson`, also `.gz`) and Parquet, in all folders below, in the order of their paths.
 *
 * A record has a `title`, a `text`, and what else `document` knows. Where a file is named after a split (`train-0.jsonl.gz`), files say which split a
 * document is in, and others are in none. Files that `lacy annotate` wrote are passed over. Where none is, a hash of the title does: 90 % train, 5 % validation, 5 % test, so that a subject is in one split only.
 *
 * @throws RangeError for a split or a limit that is none; Error where a folder cannot be read or holds no such file; TypeError, naming file and line, for a record that is no document
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { documents } from "@lab/lacy/corpus";
 * const folder = await mkdtemp(join(tmpdir(), "corpus-"));
 * await writeFile(join(folder, "train.jsonl"), '{"title":"Mira Oduya","text":"Mira Oduya was a botanist."}\n');
 * const titles: string[] = [];
 * for await (const { title } of documents(folder, { split: "train" })) titles.push(title);
 * titles; // => [ 'Mira Oduya' ]
 * ```
 */
export async function* documents(folder: string, { split, part, limit = Infinity }: DocumentsOptions = {}): AsyncGenerator<Document> {
  if (split !== undefined && !SPLITS.includes(split))
    throw new RangeError(`Cannot read documents: split must be one of ${SPLITS.join(", ")}, got "${String(split)}"`);
  if (!(limit === Infinity || (Number.isInteger(limit) && limit >= 0)))
    throw new RangeError(`Cannot read documents: limit must be a whole number, got ${limit}`);
  const files = await corpusFiles(part === undefined ? folder : join(folder, part));
  const areNamed = files.some((file) => splitOf(file) !== undefined);
  let count = 0;
  for (const file of files) {
    if (areNamed && split !== undefined && splitOf(file) !== split) continue;
    for await (const { value, place } of records(file)) {
      if (count >= limit) return;
      if (isAnnotated(value)) {
        if (file !== folder) break;
        throw new TypeError(`Cannot read the documents of ${file}: it holds facts that \`lacy annotate\` found, not texts; give the texts they were found in`);
      }
      const read = placed(value, place);
      if (!areNamed && split !== undefined && hashedSplit(read.title) !== split) continue;
      count++;
      yield read;
    }
  }
}

/**
 * The files of a folder that hold documents, sorted by path.
 *
 * @throws Error where the folder cannot be read or holds none
 */
export async function corpusFiles(folder: string): Promise<string[]> {
  let names: string[];
  try {
    if ((await stat(folder)).isFile()) return [folder];
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    throw new Error(`Cannot read the documents of ${folder}: ${systemReason(error)}`, { cause: error });
  }
  const hidden = (name: string): boolean => name.split(sep).some((each) => each.startsWith("."));
  const files = names.filter((name) => READABLE.test(name) && !hidden(name)).map((name) => join(folder, name));
  if (files.length === 0) throw new Error(`Cannot read the documents of ${folder}: expected files .jsonl, .jsonl.gz, .ndjson or .parquet, got none`);
  return files.toSorted((a, b) => (relative(folder, a) < relative(folder, b) ? -1 : 1));
}

/** Whether a record begins a file of annotations, which may lie among the texts that they are of. */
function isAnnotated(value: unknown): boolean {
  return typeof value === "object" && value !== null && "settings" in value && !("title" in value);
}

/** The split that a file is named after. */
function splitOf(file: string): Split | undefined {
  const name = basename(file).toLowerCase();
  return SPLITS.find((split) => new RegExp(`^${split}(?![a-z])`).test(name));
}

/** FNV-1a of the title. */
export function hashedSplit(title: string): Split {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(title)) hash = Math.imul(hash ^ byte, 0x01000193);
  const unit = ((hash ^ (hash >>> 15)) >>> 0) % 100;
  return unit < 90 ? "train" : unit < 95 ? "validation" : "test";
}

function placed(value: unknown, place: string): Document {
  try {
    return document(value);
  } catch (error) {
    throw new TypeError(`${(error as Error).message} (${place})`, { cause: error });
  }
}
