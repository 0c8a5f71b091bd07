import type { Rule } from "@oxlint/plugins";
import { onImport } from "./imports.ts";
import { NUMBER_WORLD } from "./layers.ts";
import { placeOf, target } from "./place.ts";

const inNumbers = (path: string): boolean => NUMBER_WORLD.some((folder) => path.startsWith(folder));

/** Float64 folders know no tensors: not by import, and not through a neighbour that does. */
export const numberWorld: Rule = {
  create(context) {
    const place = placeOf(context);
    if (!inNumbers(place.path) || place.isTest) return {};
    return onImport(({ node, source, erased }) => {
      if (source.startsWith("@tensorflow/")) {
        context.report({ node, message: `A number-world folder imports nothing from TensorFlow.js, got "${source}": take an ndarray or numbers` });
      } else if (source.startsWith(".") && !erased && !inNumbers(target(place, source))) {
        context.report({ node, message: `A number-world folder imports values only from number-world folders, got "${source}"` });
      }
    });
  },
};
