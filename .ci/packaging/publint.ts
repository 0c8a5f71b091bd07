import { readFileSync } from "node:fs";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { conclude, packages } from "./packages.ts";

/** publint --strict on every tarball: warnings are errors. */
const problems: string[] = [];
for (const { manifest, tarball } of packages) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    level: "warning",
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
  });
  for (const message of messages) problems.push(`${manifest.name}: ${message.type}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
}
conclude(problems, `${packages.length} packages pass`);
