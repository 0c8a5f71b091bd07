import { verification, type CertificateRecord } from "./record.ts";

/**
 * Writes the record of a certificate as JSON, by a temporary file and a rename: a reader sees all of it or the file that was there.
 *
 * Numbers that JSON lacks are written as "NaN", "Infinity" and "-Infinity", and read so by `readCertificate`.
 *
 * @throws Error naming the file if it cannot be written
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { certificateRecord, readCertificate, verification, writeCertificate } from "@lab/pacbayes";
 * const file = join(await mkdtemp(join(tmpdir(), "certificate-")), "posterior.json");
 * const about = { loss: "zero-one", prior: "N(0, 0.04²)" };
 * await writeCertificate(file, certificateRecord("exact-posterior", { about, inputs: { risk: 0.2, kl: 3000, draws: 5000, n: 60_000 } }));
 * verification(await readCertificate(file)).valid; // => true
 * ```
 */
export async function writeCertificate(path: string, record: CertificateRecord): Promise<void> {
  const { default: writeFileAtomic } = await import("write-file-atomic");
  await writeFileAtomic(path, `${certificateJson(record)}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Cannot write ${path}: ${error.code === "ENOENT" ? "there is no such folder" : error.message}`, { cause: error });
  });
}

/** A record, or any value of numbers, as JSON with names for the numbers that JSON lacks. */
export function certificateJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner), 2);
}

/** JSON with those names read as numbers. @throws TypeError for what is no JSON */
export function parsedJson(text: string, source: string): unknown {
  const special: { readonly [name: string]: number } = { NaN, Infinity, "-Infinity": -Infinity };
  try {
    return JSON.parse(text, (_, value: unknown) => (typeof value === "string" && Object.hasOwn(special, value) ? special[value] : value));
  } catch (error) {
    // The message quotes the text, line breaks and all.
    const reason = text.trim() === "" ? "expected JSON, got nothing" : (error as Error).message.replaceAll(/\s+/gu, " ");
    throw new TypeError(`Cannot read ${source}: ${reason}`, { cause: error });
  }
}

/**
 * The record in a file, its shape checked; that its bounds follow from its numbers, `verification` says.
 *
 * @throws Error naming the file if it cannot be read; TypeError if it holds no record of a certificate
 * @example
 * ```ts
 * import { readCertificate } from "@lab/pacbayes";
 * await readCertificate("/no/such/file.json").catch((error: Error) => error.message); // => "Cannot read /no/such/file.json: no such file"
 * ```
 */
export async function readCertificate(path: string): Promise<CertificateRecord> {
  const record = parsedJson(await fileText(path), path);
  // Checks every field; the verdict is not wanted here.
  verification(record);
  return record as CertificateRecord;
}

/** @throws Error naming the file */
export async function fileText(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "no such file" : error.code === "EISDIR" ? "expected a file, got a folder" : error.message;
    throw new Error(`Cannot read ${path}: ${reason}`, { cause: error });
  });
}
