import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { conclude, entries, packages, root } from "./packages.ts";

const QUIET = { default: { logLevel: ExtractorLogLevel.None } };

/** The public API of every entry, as a file under `api/` that a reviewer sees change. `--accept` writes it. */
const { accept = false } = parseArgs({ options: { accept: { type: "boolean" } } }).values;
const problems: string[] = [];
let count = 0;
for (const pkg of packages) {
  for (const { subpath, types } of entries(pkg)) {
    const name = subpath === "." ? "index" : subpath.slice(2);
    const said = report(pkg.folder, name, types);
    problems.push(...said.map((text) => `${pkg.manifest.name} ${subpath}: ${text}`));
    count++;
  }
}
conclude(problems, `${count} entries are as reported`);

/** What is wrong with one entry. */
function report(folder: string, name: string, types: string): string[] {
  const file = `${name}.api.md`;
  const [reportFolder, reportTempFolder] = [join(folder, "api"), join(root, "node_modules/.cache/api", relative(root, folder))];
  mkdirSync(reportFolder, { recursive: true });
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.AsyncIterable"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    skipLibCheck: true,
    types: ["node"],
  };
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, files: [types] } },
      apiReport: { enabled: true, reportFileName: file, reportFolder, reportTempFolder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      // Release tags are not used: what an entry exports is public.
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: QUIET,
        tsdocMessageReporting: QUIET,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
  });
  const said: string[] = [];
  const messageCallback = (message: ExtractorMessage): void => {
    message.handled = true;
    if (message.logLevel === ExtractorLogLevel.Error) said.push(message.formatMessageWithLocation(folder));
  };
  const { apiReportChanged } = Extractor.invoke(config, { localBuild: accept, messageCallback });
  if (apiReportChanged && !accept)
    said.push(`differs from ${relative(root, join(reportFolder, file))}; see the change with \`npm run api\`, then commit the file`);
  return said;
}
