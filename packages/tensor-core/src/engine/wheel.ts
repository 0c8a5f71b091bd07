import type { Readable } from "node:stream";
import type { Entry, ZipFile } from "yauzl";
import { command, lastWords } from "./command.ts";

/** TensorFlow releases whose C API and headers the binding's sources compile against. */
const TENSORFLOW_RANGE = ">=2.16,<2.22";

/** The distribution that carries the CPU libraries; the smaller one exists for x64 only. */
export function distribution(platform: string = process.platform, arch: string = process.arch): string {
  return platform === "linux" && arch === "x64" ? "tensorflow-cpu" : "tensorflow";
}

/** The two libraries, by the names under which the wheel holds them. */
export function libraries(platform: string = process.platform): readonly string[] {
  return platform === "darwin" ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"] : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
}

export type Watch = (done: number, total: number | undefined) => void;

/**
 * Downloads the wheel into `folder` with pip, so that the user's index, mirror and proxy settings hold.
 *
 * The libraries do not depend on Python's version: where the running Python is too new or too old for any wheel, the one for another is taken.
 *
 * @returns the path of the wheel
 * @throws Error with pip's last words
 */
export async function downloadWheel(python: string, folder: string, watch: Watch = () => {}): Promise<string> {
  const { readdir } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  const requirement = `${distribution()}${TENSORFLOW_RANGE}`;
  const args = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--no-input",
    "--only-binary=:all:",
    "--progress-bar",
    "off",
    "--retries",
    "1",
    "--dest",
    folder,
  ];
  let said = "";
  let total: number | undefined;
  const heard = (text: string): void => {
    const size = /\((\d+(?:\.\d+)?) MB\)/.exec((said += text))?.[1];
    if (size !== undefined) total = Number(size) * 1e6;
  };
  const timer = setInterval(() => void bytesIn(folder).then((done) => watch(done, total)), 250);
  try {
    // Unbuffered, so that the size is known while the download runs.
    const env = { ...process.env, TMPDIR: folder, PYTHONUNBUFFERED: "1" };
    let finished = await command(python, [...args, requirement], { env, heard });
    if (finished.code !== 0 && /No matching distribution/.test(finished.stderr))
      finished = await command(python, [...args, "--python-version", "3.12", requirement], { env, heard });
    const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
    if (finished.code !== 0 || wheel === undefined) throw new Error(`pip cannot download ${requirement}: ${lastWords(finished)}`);
    return join(folder, wheel);
  } finally {
    clearInterval(timer);
  }
}

async function bytesIn(folder: string): Promise<number> {
  const { readdir, stat } = process.getBuiltinModule("node:fs/promises");
  const { join } = process.getBuiltinModule("node:path");
  let sum = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => []))
    sum += await stat(join(folder, name)).then(
      (s) => (s.isFile() ? s.size : 0),
      () => 0,
    );
  return sum;
}

/** The version in the name of a wheel. */
export function wheelVersion(wheel: string): string {
  const version = /^tensorflow[a-z_]*-(\d+(?:\.\d+)+[a-z0-9]*)-/.exec(process.getBuiltinModule("node:path").basename(wheel))?.[1];
  if (version === undefined) throw new Error(`Cannot read the version of a wheel: expected tensorflow-<version>-….whl, got ${wheel}`);
  return version;
}

const HEADERS = /^tensorflow\/include\/(?:tensorflow\/(?:c|core\/platform)|tsl\/platform|xla\/tsl\/(?:c|platform)|absl)\/.*\.(?:h|inc)$/;

/** Where an entry of the wheel belongs, under the folder of the engine; undefined where it is not needed. */
function place(name: string): string | undefined {
  for (const library of libraries()) if (name === `tensorflow/${library}`) return `lib/${library}`;
  return HEADERS.test(name) ? name.slice("tensorflow/".length) : undefined;
}

/**
 * Unpacks the libraries into `<folder>/lib` and the headers that the binding needs into `<folder>/include`, streaming.
 *
 * @throws Error when the wheel is cut short, damaged, or holds no library
 */
export async function unpackWheel(wheel: string, folder: string, watch: Watch = () => {}): Promise<void> {
  const { mkdir } = process.getBuiltinModule("node:fs/promises");
  const { createWriteStream } = process.getBuiltinModule("node:fs");
  const { crc32 } = process.getBuiltinModule("node:zlib");
  const { pipeline } = process.getBuiltinModule("node:stream/promises");
  const { dirname, join } = process.getBuiltinModule("node:path");
  const zip = await open(wheel);
  try {
    const entries = (await entriesOf(zip)).flatMap((entry) => {
      const to = place(entry.fileName);
      return to === undefined ? [] : [{ entry, to: join(folder, to) }];
    });
    const missing = libraries().filter((library) => !entries.some(({ entry }) => entry.fileName === `tensorflow/${library}`));
    if (missing.length > 0) throw new Error(`The wheel ${wheel} holds no ${missing.join(" and no ")}`);
    const total = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const { entry, to } of entries) {
      await mkdir(dirname(to), { recursive: true });
      let sum = 0;
      const watched = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        for await (const piece of pieces) {
          sum = crc32(piece, sum);
          watch((done += piece.length), total);
          yield piece;
        }
      };
      await pipeline(await streamOf(zip, entry), watched, createWriteStream(to));
      if (sum !== entry.crc32) throw new Error(`The wheel ${wheel} is damaged: ${entry.fileName} has another checksum than it should`);
    }
  } finally {
    zip.close();
  }
}

async function open(path: string): Promise<ZipFile> {
  const { default: yauzl } = await import("yauzl");
  return new Promise((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, zip) =>
      error === null ? resolve(zip) : reject(new Error(`The wheel ${path} is damaged: ${error.message}`, { cause: error })),
    );
  });
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on("entry", (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on("end", () => resolve(entries));
    zip.on("error", reject);
    zip.readEntry();
  });
}

function streamOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)));
  });
}
