import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { systemReason } from "@lab/tensor-core/report";

/** A record of a file and where it stands, for messages. */
export type Placed = { readonly value: unknown; readonly place: string };

/** Endings of the files that are read in a folder. A file of JSON, a list of records or an object that holds one as `examples`, is read where it is named. */
export const READABLE: RegExp = /\.(?:(?:jsonl|ndjson)(?:\.gz)?|parquet)$/i;

/** The records of a file of JSON Lines, plain or gzipped, of JSON or of Parquet, one at a time. */
export function records(path: string): AsyncGenerator<Placed> {
  if (/\.json$/i.test(path)) return listedRecords(path);
  return /\.parquet$/i.test(path) ? parquetRecords(path) : lineRecords(path);
}

async function* lineRecords(path: string): AsyncGenerator<Placed> {
  let number = 0;
  for await (const line of lines(path)) {
    number++;
    if (line.trim() === "") continue;
    const place = `${path}:${number}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new TypeError(`Cannot read ${place}: expected a line of JSON, got ${line.slice(0, 60)}: ${(error as Error).message}`, { cause: error });
    }
    yield { value, place };
  }
}

async function* listedRecords(path: string): AsyncGenerator<Placed> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
  const list = typeof value === "object" && value !== null && "examples" in value ? value.examples : value;
  if (!Array.isArray(list)) throw new TypeError(`Cannot read ${path}: expected a list of records, or one as "examples"`);
  for (const [i, each] of list.entries()) yield { value: each, place: `${path}, record ${i + 1}` };
}

/** Split at \n alone: JSON may hold the other ends of lines that Unicode has. */
async function* lines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const isPacked = /\.gz$/i.test(path);
  const stream = isPacked ? file.pipe(createGunzip()) : file;
  if (isPacked) file.on("error", (error) => stream.destroy(error));
  stream.setEncoding("utf8");
  let rest = "";
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      yield* parts;
    }
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${systemReason(error)}`, { cause: error });
  } finally {
    file.destroy();
  }
  if (rest !== "") yield rest;
}

async function* parquetRecords(path: string): AsyncGenerator<Placed> {
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ]);
  let row = 0;
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    // A group of rows at a time: that is the unit in which the file is packed.
    for (const { num_rows: count } of metadata.row_groups) {
      const end = row + Number(count);
      for (const value of await parquetReadObjects({ file, metadata, compressors, rowStart: row, rowEnd: end }))
        yield { value: unpacked(value), place: `${path}, row ${(row += 1)}` };
    }
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("Cannot take")) throw error;
    throw new Error(`Cannot read ${path}: ${systemReason(error)}`, { cause: error });
  }
}

/** A row as a line of JSON would be: lists of a table may be columns of JSON text, whole numbers are big integers, what is absent is null. */
function unpacked(row: { readonly [column: string]: unknown }): object {
  const entries = Object.entries(row).flatMap(([column, value]): [string, unknown][] => {
    if (value === null || value === undefined) return [];
    if (typeof value === "bigint") return [[column, Number(value)]];
    if (["facts", "more", "calls"].includes(column) && typeof value === "string") return [[column, JSON.parse(value)]];
    return [[column, value]];
  });
  return Object.fromEntries(entries);
}
