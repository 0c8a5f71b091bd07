import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { ownScript } from "./own-script.ts";
import { ownBinding, type TfjsNode } from "./tfjs-node.ts";

afterEach(() => vi.unstubAllEnvs());

/** A package whose installation script is `script`, and a server that answers. */
async function given(script: string): Promise<{ readonly package_: TfjsNode } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), "lab-tfjs-node-"));
  mkdirSync(join(folder, "scripts"));
  writeFileSync(join(folder, "scripts", "install.js"), script);
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("TFJS_NODE_CDN_STORAGE", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    package_: { folder, version: "4.22.0", require: createRequire(import.meta.url) },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("ownScript() runs tfjs-node's script where its server answers, and finds the binding that it leaves", async () => {
  const make = 'const fs = require("fs"); fs.mkdirSync("lib/napi-v8", { recursive: true }); fs.writeFileSync("lib/napi-v8/tfjs_binding.node", "");';
  await using machine = await given(make);
  expect(await ownScript(() => {}, machine.package_)).toEqual({ ok: true, reason: "" });
  expect(ownBinding(machine.package_)).toBe(join(machine.package_.folder, "lib", "napi-v8", "tfjs_binding.node"));
});

test("ownScript() does not take a script that ends well for a binding", async () => {
  await using machine = await given('console.error("nothing built");');
  expect(await ownScript(() => {}, machine.package_)).toEqual({ ok: false, reason: "tfjs-node's own script failed: nothing built" });
});

test("ownScript() does not start where the server does not answer", async () => {
  await using machine = await given("process.exit(0)");
  vi.stubEnv("TFJS_NODE_CDN_STORAGE", "http://127.0.0.1:9/");
  const { ok, reason } = await ownScript(() => {}, machine.package_);
  expect(ok).toBe(false);
  expect(reason).toBe("tfjs-node's own script: http://127.0.0.1:9/ does not answer within 4 s");
});
