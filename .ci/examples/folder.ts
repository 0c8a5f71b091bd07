import { join } from "node:path";
import type { Block } from "./blocks.ts";

/** Where a block stands as a module: inside the workspace whose dependencies it may import. */
export function folderOf({ file }: Pick<Block, "file">): string {
  return join(file.startsWith("packages/") ? file.split("/").slice(0, 2).join("/") : "docs", ".examples");
}
