import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readCheckpoint, writeCheckpoint, type Checkpoint } from "./checkpoint.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "lab-checkpoint-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const config = { model: "mlp", sizes: [3, 4], rate: 0.1, nested: { a: null } };
const at = (step: number): Checkpoint => ({ step, config, tensors: { x: { dtype: "float32", shape: [2], data: Float32Array.of(step, -step) } } });

describe("checkpoints", () => {
  it("readCheckpoint() gives what writeCheckpoint() wrote last, in a folder it makes, and keeps one file of tensors", async () => {
    const path = join(folder(), "made", "below");
    for (const step of [1, 20, 300]) await writeCheckpoint(path, at(step));
    expect(await readCheckpoint(path, config)).toEqual(at(300));
    expect(readdirSync(path).toSorted()).toEqual(["checkpoint.json", "step-000000300.safetensors"]);
  });

  it("readCheckpoint() finds none in an empty folder, or where there is no folder", async () => {
    const path = folder();
    expect(await readCheckpoint(path, config)).toBeUndefined();
    expect(await readCheckpoint(join(path, "none"), config)).toBeUndefined();
  });

  it("a crash after the tensors were written and before the manifest leaves the checkpoint before", async () => {
    const path = folder();
    const [one, two] = [join(path, "one"), join(path, "two")];
    await writeCheckpoint(one, at(1));
    await writeCheckpoint(two, at(2));
    renameSync(join(two, "step-000000002.safetensors"), join(one, "step-000000002.safetensors"));
    expect(await readCheckpoint(one, config)).toEqual(at(1));
    await writeCheckpoint(one, at(3));
    expect(readdirSync(one).toSorted()).toEqual(["checkpoint.json", "step-000000003.safetensors"]);
  });

  it("a crash in the middle of either file leaves the checkpoint before, and the next one clears what it left", async () => {
    const path = folder();
    await writeCheckpoint(path, at(1));
    writeFileSync(join(path, "step-000000002.safetensors.123456"), "half");
    writeFileSync(join(path, "checkpoint.json.123456"), "{");
    expect(await readCheckpoint(path, config)).toEqual(at(1));
    await writeCheckpoint(path, at(2));
    expect(await readCheckpoint(path, config)).toEqual(at(2));
    expect(readdirSync(path).toSorted()).toEqual(["checkpoint.json", "step-000000002.safetensors"]);
  });

  it("writing the same step again replaces its tensors", async () => {
    const path = folder();
    await writeCheckpoint(path, at(5));
    const other: Checkpoint = { ...at(5), tensors: { x: { dtype: "int32", shape: [], data: Int32Array.of(9) } } };
    await writeCheckpoint(path, other);
    expect(await readCheckpoint(path, config)).toEqual(other);
  });

  it("readCheckpoint() refuses a checkpoint of another configuration, naming what differs", async () => {
    const path = folder();
    await writeCheckpoint(path, at(1));
    await expect(readCheckpoint(path, { ...config, rate: 0.2 })).rejects.toThrow(
      `Cannot resume from ${path}: it was written with rate = 0.1, this run has 0.2; remove the folder to start afresh`,
    );
    await expect(readCheckpoint(path, { ...config, sizes: [3, 5] })).rejects.toThrow("it was written with sizes = [3,4], this run has [3,5]");
    await expect(readCheckpoint(path, { ...config, more: 1 })).rejects.toThrow("it was written with more = undefined, this run has 1");
    const { model: _, ...less } = config;
    await expect(readCheckpoint(path, less)).rejects.toThrow('it was written with model = "mlp", this run has undefined');
    expect(await readCheckpoint(path, { rate: 0.1, nested: { a: null }, sizes: [3, 4], model: "mlp" })).toEqual(at(1));
  });

  it("readCheckpoint() refuses tensors that are damaged, cut short or gone", async () => {
    const path = folder();
    await writeCheckpoint(path, at(1));
    const file = join(path, "step-000000001.safetensors");
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 1]! ^= 1;
    for (const bytes of [flipped, whole.subarray(0, whole.length - 1), Buffer.of()]) {
      writeFileSync(file, bytes);
      await expect(readCheckpoint(path, config)).rejects.toThrow(
        `Cannot resume from ${path}: step-000000001.safetensors does not match its checksum; remove the folder`,
      );
    }
    rmSync(file);
    await expect(readCheckpoint(path, config)).rejects.toThrow(/ENOENT.*remove the folder to start afresh/);
  });

  it("readCheckpoint() refuses a manifest that is none", async () => {
    const path = folder();
    await writeCheckpoint(path, at(1));
    const manifest = readFileSync(join(path, "checkpoint.json"), "utf8");
    const texts = [
      "",
      "{",
      "null",
      "[]",
      "3",
      '{"format":2}',
      manifest.replace('"step": 1', '"step": "1"'),
      manifest.replace('"format": 1', '"format": 2'),
      manifest.slice(0, -10),
      manifest.replace(/"config": \{[^}]*\}\s*\}/s, '"config": null'),
    ];
    for (const text of texts) {
      writeFileSync(join(path, "checkpoint.json"), text);
      await expect(readCheckpoint(path, config), text).rejects.toThrow(
        `Cannot resume from ${path}: checkpoint.json is not a manifest of format 1; remove the folder to start afresh`,
      );
    }
  });

  it("writeCheckpoint() says which folder cannot be written, and why", async () => {
    const path = folder();
    writeFileSync(join(path, "file"), "");
    await expect(writeCheckpoint(join(path, "file"), at(1))).rejects.toThrow(`Cannot write a checkpoint to ${join(path, "file")}: `);
    await expect(writeCheckpoint(join(path, "file", "below"), at(1))).rejects.toThrow(/Cannot write a checkpoint to .*: ENOTDIR/);
  });

  it("writeCheckpoint() to a folder without permission fails and leaves the checkpoint before", async () => {
    const path = folder();
    await writeCheckpoint(path, at(1));
    const mode = statSync(path).mode;
    chmodSync(path, 0o500);
    onTestFinished(() => chmodSync(path, mode));
    // The superuser may write anywhere.
    const outcome = writeCheckpoint(path, at(2)).then(
      () => 2,
      () => 1,
    );
    const step = await outcome;
    expect(step).toBe(process.getuid?.() === 0 ? 2 : 1);
    expect(await readCheckpoint(path, config)).toEqual(at(step));
  });
});
