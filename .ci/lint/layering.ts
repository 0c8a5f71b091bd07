import type { Rule } from "@oxlint/plugins";
import { onImport } from "./imports.ts";
import { ASSEMBLIES, GROUND, SCIENCE } from "./layers.ts";
import { placeOf, target, type Place } from "./place.ts";

/** Downward only: tensor-core ← the science packages ← examples, bench, docs; and through a package's front door. */
export const layering: Rule = {
  create(context) {
    const place = placeOf(context);
    return onImport(({ node, source }) => {
      const problem = source.startsWith(".") ? trespass(place, source) : upward(place, source);
      if (problem !== undefined) context.report({ node, message: problem });
    });
  },
};

function trespass(place: Place, source: string): string | undefined {
  if (place.workspace === "") return undefined;
  const path = target(place, source);
  if (path.startsWith(`${place.workspace}/`)) return undefined;
  const outside = path.startsWith("packages/") || ASSEMBLIES.some((folder) => path.startsWith(`${folder}/`)) || path.startsWith("..");
  return outside ? `Import a package by its name, not by a path into it: "${source}" leaves ${place.workspace}` : undefined;
}

function upward({ pkg, isTest, path }: Place, source: string): string | undefined {
  const [, ours, rest] = /^@lab\/([^/]+)(?:\/(.*))?$/.exec(source) ?? [];
  if (rest !== undefined && /^(src|dist)(\/|$)/.test(rest)) return `Import what a package exports, not a file inside it: "${source}"`;
  if (pkg === undefined) return undefined;
  if (pkg === GROUND) return ours === undefined ? undefined : `${GROUND} imports no other of our packages, and its own files by path: got "${source}"`;
  if (!SCIENCE.includes(pkg)) return ours === undefined ? undefined : `Only known packages import ours: add "${pkg}" to the layers`;
  if (ours !== undefined && ours !== GROUND)
    return `${pkg} imports only @lab/${GROUND} of ours: what two packages need moves down, what combines two is an example; got "${source}"`;
  if (ours !== undefined && rest === "testing" && !isTest) return `Only tests import "${source}"`;
  const layers = path.startsWith("packages/sam-vi/src/layers/") && source === "@tensorflow/tfjs-layers";
  if (source.startsWith("@tensorflow/") && source !== "@tensorflow/tfjs-core" && !isTest && !layers) {
    return `${pkg} imports only "@tensorflow/tfjs-core" of TensorFlow.js, got "${source}"`;
  }
  return undefined;
}
