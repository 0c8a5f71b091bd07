import { existsSync } from "node:fs";
import { defineCommand, type ArgsDef, type CommandDef, type SubCommandsDef } from "citty";
import { brief } from "../certify/brief.ts";
import { certificateJson, fileText, parsedJson, readCertificate, writeCertificate } from "../certify/certificate-file.ts";
import { certificateRecord, verification, type About, type AnyCertificate, type CertifyInputs, type CertifyMethod } from "../certify/record.ts";

const json = { type: "boolean", description: "Print JSON" } as const;
const file = { type: "positional", required: true } as const;
const verifyArgs = { file: { ...file, description: "The record of a certificate" }, json } satisfies ArgsDef;

/** What a method must be told, and what it may be told besides. */
type Told = { readonly needs: string; readonly may: string };
type FileArg = typeof file & { readonly description: string };
type CertifyArgs = {
  readonly file: FileArg;
  readonly out: { readonly type: "string"; readonly description: string; readonly valueHint: string };
  readonly json: typeof json;
};

function certifyArgs({ needs, may }: Told): CertifyArgs {
  const description = `JSON of { "about": { "loss", "prior" }, "inputs": { ${needs} } }, or - for standard input; inputs may hold ${may}, and about "posterior", "sample"`;
  return { file: { ...file, description }, out: { type: "string", description: "Where to write the record of the certificate", valueHint: "file" }, json };
}

function certifyBy(method: CertifyMethod, { description, ...told }: Told & { readonly description: string }): CommandDef<CertifyArgs> {
  return defineCommand({
    meta: { name: method, description },
    args: certifyArgs(told),
    async run({ args }) {
      const record = certificateRecord(method, await givenTo(method, args.file));
      if (args.out !== undefined) {
        await refuseOthersFile(args.out);
        await writeCertificate(args.out, record);
      }
      console.log(args.json === true ? certificateJson(record) : lines(record.certificates, record.about));
    },
  });
}

const verify = defineCommand({
  meta: { name: "verify", description: "Repeat the arithmetic of a certificate from its numbers alone; exit code 1 if anything stated does not follow" },
  args: verifyArgs,
  async run({ args }) {
    const record = await parsed(args.file);
    const { valid, differences, recomputed } = verification(record);
    if (args.json === true) console.log(certificateJson({ valid, differences }));
    else
      console.log(
        valid
          ? `Valid: everything stated follows from the numbers.\n${lines(recomputed, (record as { readonly about: About }).about)}`
          : `Not valid:\n${differences.join("\n")}`,
      );
    if (!valid) process.exitCode = 1;
  },
});

const DELTAS = '"delta", "deltaRisk", "deltaEvidence"';

export const certifyCommands: SubCommandsDef = {
  "exact-draws": certifyBy("exact-draws", {
    description: "From independent, exact draws on every rung of a ladder; with a distance, from nearly exact ones",
    needs: '"ladder": [{ "lambda", "risk", "draws" }, …], "n"',
    may: `${DELTAS}, "distance", and each rung "variance", "risk01", "variance01"`,
  }),
  "exact-posterior": certifyBy("exact-posterior", {
    description: "From exact draws of a posterior whose KL is known",
    needs: '"risk", "kl", "draws", "n"',
    may: '"delta", "deltaRisk", "variance"',
  }),
  "central-limit": certifyBy("central-limit", {
    description: "Asymptotic: from means and standard errors on every rung",
    needs: '"ladder": [{ "lambda", "risk", "error" }, …], "n"',
    may: `${DELTAS}, "replications", "freeEnergyErrors", and each rung "risk01" with "error01"`,
  }),
  "without-mixing": certifyBy("without-mixing", {
    description: "From annealed importance weights, whatever the chains do",
    needs: '"lambda", "logWeights": […], "n"',
    may: '"delta", "deltaEvidence", "compared", "lambdaFixed", "level"',
  }),
  verify,
};

export const certifyCommand: CommandDef = defineCommand({
  meta: { name: "certify", description: "Certificates from the numbers of a run, written and checked again" },
  subCommands: certifyCommands,
});

/** What a file tells a method: the two keys and no other, whose value would be passed over. */
async function givenTo<M extends CertifyMethod>(method: M, file: string): Promise<{ readonly about: About; readonly inputs: CertifyInputs[M] }> {
  const given = await parsed(file);
  const keys = typeof given === "object" && given !== null && !Array.isArray(given) ? Object.keys(given).toSorted() : undefined;
  if (keys?.join() !== "about,inputs")
    throw new TypeError(
      `Cannot certify by ${method}: expected { "about": …, "inputs": … } in ${source(file)}, got ${keys === undefined ? brief(given) : `the keys ${brief(keys)}`}`,
    );
  // Their own schemas check both.
  return given as { readonly about: About; readonly inputs: CertifyInputs[M] };
}

/** @throws Error unless the file is a record of a certificate, which a new one replaces, or is not there yet */
async function refuseOthersFile(path: string): Promise<void> {
  if (!existsSync(path)) return;
  await readCertificate(path).catch((error: Error) => {
    throw new Error(`Cannot write ${path}: it is there and holds no record of a certificate`, { cause: error });
  });
}

async function parsed(file: string): Promise<unknown> {
  return parsedJson(await text(file), source(file));
}

const source = (file: string): string => (file === "-" ? "standard input" : file);

async function text(path: string): Promise<string> {
  if (path !== "-") return fileText(path);
  let all = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) all += String(chunk);
  return all;
}

/** The best bound, with everything that it rests on. */
function lines(certificates: readonly AnyCertificate[], { loss, prior }: About): string {
  const best = certificates.reduce<AnyCertificate | undefined>((least, next) => (least === undefined || next.bound < least.bound ? next : least), undefined);
  if (best === undefined) return "No rung above the prior: nothing is certified.";
  const { bound, confidence, n, delta, deltaRisk, deltaEvidence, method, assumption } = best;
  const lambda = "lambda" in best ? ` at λ = ${best.lambda}, the best of ${certificates.length}` : "";
  const zeroOne = "zeroOne" in best && best.zeroOne !== undefined ? [`Zero-one risk at most ${best.zeroOne.bound}`] : [];
  return [
    `Risk at most ${bound}${lambda}`,
    ...zeroOne,
    `Confidence ${confidence.toFixed(6)}: δ ${delta}, δ_r ${deltaRisk}, δ_F ${deltaEvidence}; n = ${n}`,
    `Loss: ${loss}`,
    `Prior: ${prior}`,
    `Method: ${method}. Assumption: ${assumption}`,
  ].join("\n");
}
