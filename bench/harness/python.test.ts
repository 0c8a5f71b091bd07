import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheFolder } from "./python.ts";

test("cacheFolder() is LAB_CACHE_DIR, else the platform's own place", () => {
  expect(cacheFolder({ LAB_CACHE_DIR: join("/", "there") }, "linux")).toBe(join("/", "there"));
  expect(cacheFolder({ XDG_CACHE_HOME: join("/", "x") }, "linux")).toBe(join("/", "x", "lab"));
  expect(cacheFolder({}, "darwin")).toMatch(/Library.Caches.lab$/);
});
