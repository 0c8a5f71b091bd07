import { defineCommand, type ArgsDef, type CommandDef } from "citty";
import { certificateJson, fileText, parsedJson, writeCertificate } from "../certify/certificate-file.ts";
import { certificateRecord, verification, type About, type AnyCertificate, type CertifyInputs, type CertifyMethod } from "../certify/record.ts";
import { checkedFlags } from "./checked-flags.ts";

const json = { type: "boolean", description: "Print JSON" } as const;
const file = { type: "positional", required: true } as const;
const certifyArgs = {
  file: { ...file, description: 'JSON of { "about": { "loss", "prior" }, "inputs": { … } }, or - for standard input' },
  out: { type: "string", description: "Where to write the record of the certificate", valueHint: "file" },
  json,
} satisfies ArgsDef;
const verifyArgs = { file: { ...file, description: "The record of a certificate" }, json } satisfies ArgsDef;

function certifyBy(method: CertifyMethod, description: string): CommandDef<typeof certifyArgs> {
  return defineCommand({
    meta: { name: method, description },
    args: certifyArgs,
    async run({ args, rawArgs }) {
      checkedFlags(rawArgs, ["out", "json"], 1);
      const given = parsedJson(await text(args.file), args.file) as { readonly about: About; readonly inputs: CertifyInputs[typeof method] } | null;
      if (typeof given !== "object" || given === null) throw new TypeError(`Cannot certify: expected { "about", "inputs" } in ${args.file}`);
      const record = certificateRecord(method, given);
      if (args.out !== undefined) await writeCertificate(args.out, record);
      console.log(args.json === true ? certificateJson(record) : lines(record.certificates, record.about));
    },
  });
}

const verify = defineCommand({
  meta: { name: "verify", description: "Repeat the arithmetic of a certificate from its numbers alone; exit code 1 if anything stated does not follow" },
  args: verifyArgs,
  async run({ args, rawArgs }) {
    checkedFlags(rawArgs, ["json"], 1);
    const record = parsedJson(await text(args.file), args.file);
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

export const certifyCommand: CommandDef = defineCommand({
  meta: { name: "certify", description: "Certificates from the numbers of a run, written and checked again" },
  subCommands: {
    "exact-draws": certifyBy("exact-draws", "From independent, exact draws on every rung of a ladder; with a distance, from nearly exact ones"),
    "exact-posterior": certifyBy("exact-posterior", "From exact draws of a posterior whose KL is known"),
    "central-limit": certifyBy("central-limit", "Asymptotic: from means and standard errors on every rung"),
    "without-mixing": certifyBy("without-mixing", "From annealed importance weights, whatever the chains do"),
    verify,
  },
});

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
