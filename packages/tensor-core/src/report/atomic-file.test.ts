import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeAtomically } from "./atomic-file.ts";
import { writableFolder } from "./writable-folder.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "atomic-"));
});
afterAll(() => rm(root, { recursive: true }));

test("writeAtomically() makes folders, replaces the file and leaves nothing else", async () => {
  const path = join(root, "deep", "er", "file.txt");
  await writeAtomically(path, "one");
  await writeAtomically(path, Uint8Array.of(116, 119, 111));
  expect(await readFile(path, "utf8")).toBe("two");
  expect(await readdir(join(root, "deep", "er"))).toEqual(["file.txt"]);
});

test("writeAtomically() of many at once leaves one whole file", async () => {
  const path = join(root, "race.txt");
  const texts = Array.from({ length: 12 }, (_, i) => String(i).repeat(50_000));
  await Promise.all(texts.map((text) => writeAtomically(path, text)));
  expect(texts).toContain(await readFile(path, "utf8"));
});

test("writeAtomically() that fails says why and cleans up", async () => {
  const path = join(root, "taken");
  await mkdir(join(path, "full"), { recursive: true });
  await expect(writeAtomically(path, "text")).rejects.toThrow(`Cannot write ${path}: `);
  expect((await readdir(root)).filter((name) => name.startsWith("taken"))).toEqual(["taken"]);
});

test("writableFolder() makes the folder and leaves it empty", async () => {
  const path = join(root, "new", "folder");
  expect(await writableFolder(path)).toBe(path);
  expect(await readdir(path)).toEqual([]);
});

test("writableFolder() refuses a folder whose parent the system does not let be, and does not hang", async () => {
  await expect(writableFolder("/proc/absent/below")).rejects.toThrow("Cannot write results to the folder");
});

test("writableFolder() refuses a folder that cannot be one", async () => {
  await writeFile(join(root, "file"), "");
  await expect(writableFolder(join(root, "file"))).rejects.toThrow(`Cannot write results to the folder ${join(root, "file")}: EEXIST`);
  await expect(writableFolder("")).rejects.toThrow("expected the name of a folder, got an empty one");
});
