import type { Rule } from "@oxlint/plugins";
import { EMPTY_NAMES } from "./layers.ts";
import { placeOf } from "./place.ts";

/** The tools that read these files want a default export. */
const CONFIG = /(^|\/)([\w-]+\.)*config\.ts$|(^|\/)\.vitepress\/|^\.size-limit\.ts$|^\.ci\/lint\/plugin\.ts$/;

/** Every export has one name, the same everywhere. */
export const namedExports: Rule = {
  create(context) {
    if (CONFIG.test(placeOf(context).path)) return {};
    const message = "Export by name: a default export has a different name in every file that imports it";
    return {
      ExportDefaultDeclaration(node) {
        context.report({ node, message });
      },
      ExportSpecifier(node) {
        if (node.exported.type !== "Literal" && node.exported.name === "default") context.report({ node, message });
      },
    };
  },
};

/** A union of strings says the same without emitting code. */
export const noEnum: Rule = {
  create(context) {
    return {
      TSEnumDeclaration(node) {
        context.report({ node, message: `Write a union of strings, not an enum: ${node.id.name}` });
      },
    };
  },
};

/** A file is a term that a paper would index; a folder is a noun of the theory. */
export const telling: Rule = {
  create(context) {
    const { path } = placeOf(context);
    return {
      Program(node) {
        for (const part of path.split("/")) {
          const [stem = ""] = part.split(".");
          if (EMPTY_NAMES.includes(stem)) context.report({ node, message: `Name it for the term it holds: "${part}" says nothing` });
        }
        const file = path.split("/").at(-1)!;
        if (!/^[a-z0-9.]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.[cm]?[jt]s$/.test(file)) context.report({ node, message: `Name files in kebab-case, got "${file}"` });
      },
    };
  },
};
