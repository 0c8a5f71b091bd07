import type { Plugin } from "@oxlint/plugins";
import { effects } from "./effects.ts";
import { layering } from "./layering.ts";
import { namedExports, noEnum, telling } from "./named.ts";
import { numberWorld } from "./number-world.ts";
import { sortedIndex } from "./sorted-index.ts";
import { wholeTests } from "./whole-tests.ts";

const plugin: Plugin = {
  meta: { name: "lab" },
  rules: {
    effects,
    layering,
    "named-exports": namedExports,
    "no-enum": noEnum,
    "number-world": numberWorld,
    "sorted-index": sortedIndex,
    telling,
    "whole-tests": wholeTests,
  },
};

export default plugin;
