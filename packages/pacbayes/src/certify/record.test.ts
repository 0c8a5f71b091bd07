import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readCertificate, writeCertificate } from "./certificate-file.ts";
import { exactDraws, type GibbsCertificate } from "./exact-draws.ts";
import { certificateRecord, verification, type CertificateRecord } from "./record.ts";

const folder = mkdtempSync(join(tmpdir(), "certificate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const about = { loss: "bounded cross-entropy, L = 4", prior: "N(0, 0.04²), fixed before the sample was seen" };
const ladder = [
  { lambda: 0, risk: 0.6, draws: 5000 },
  { lambda: 0.05, risk: 0.4, risk01: 0.35, draws: 5000 },
  { lambda: 0.2, risk: 0.3, risk01: 0.2, draws: 5000 },
];
const records: readonly CertificateRecord[] = [
  certificateRecord("exact-draws", { about, inputs: { ladder, n: 2000 } }),
  certificateRecord("exact-draws", { about, inputs: { ladder, n: 2000, distance: 0.01, delta: 0.01 } }),
  certificateRecord("exact-posterior", { about, inputs: { risk: 0.2, kl: 3000, draws: 5000, n: 60_000 } }),
  certificateRecord("central-limit", {
    about,
    inputs: { ladder: ladder.map(({ lambda, risk }) => ({ lambda, risk, error: 0.001 })), n: 2000, replications: 8 },
  }),
  certificateRecord("without-mixing", { about, inputs: { lambda: 0.5, logWeights: [-700, -702, -Infinity], n: 60_000, level: 4 } }),
  // Risks that rise contradict each other: KL ≤ ∞.
  certificateRecord("exact-draws", { about, inputs: { ladder: [ladder[2]!, ladder[0]!].map((rung, i) => ({ ...rung, lambda: i, draws: 10 ** 6 })), n: 2000 } }),
];

it.each(records.map((record, i) => [`${record.method} ${i}`, record] as const))("verification() of a record of %s read again is valid", async (_, record) => {
  const file = join(folder, "record.json");
  await writeCertificate(file, record);
  const back = await readCertificate(file);
  expect(back).toEqual(record);
  expect(verification(back)).toMatchObject({ valid: true, differences: [] });
  expect(readdirSync(folder)).toEqual(["record.json"]);
});

it("certificateRecord() holds the certificates of its method, with n, m, δ, loss, prior and assumption", () => {
  const { certificates, inputs } = records[0]!;
  expect(certificates).toEqual(exactDraws(ladder, { n: 2000 }));
  expect(inputs).toMatchObject({ n: 2000, ladder });
  expect(certificates[1]).toMatchObject({
    n: 2000,
    delta: 0.025,
    deltaRisk: 0.01,
    deltaEvidence: 0.01,
    risk: { draws: 5000 },
    assumption: expect.stringContaining("independent"),
  });
});

it("verification() finds every number and word that does not follow", () => {
  const record = JSON.parse(JSON.stringify(records[0])) as { certificates: Record<string, unknown>[]; inputs: { n: number } };
  const forged = (change: (copy: typeof record) => void): readonly string[] => {
    const copy = structuredClone(record);
    change(copy);
    return verification(copy).differences;
  };
  expect(forged(() => {})).toEqual([]);
  expect(forged(({ certificates }) => (certificates[1]!["bound"] = 0.3))).toEqual([
    expect.stringMatching(/^certificates\[1\]\.bound: 0\.3 is stated, 0\.4\d+ follows$/),
  ]);
  expect(forged(({ certificates }) => (certificates[0]!["assumption"] = "None."))).toHaveLength(1);
  expect(forged(({ certificates }) => delete certificates[0]!["contradiction"])).toEqual(["certificates[0].contradiction: undefined is stated, false follows"]);
  expect(forged(({ certificates }) => certificates.pop()).length).toBeGreaterThan(0);
  expect(forged(({ inputs }) => (inputs.n = 4000)).length).toBeGreaterThan(3);
});

it("verification() lets an upper KL differ by what its free energy is rounded by, and no more", () => {
  // Risks that hardly fall: a KL of a thousandth of F.
  const flat = [0, 0.05, 0.2].map((lambda) => ({ lambda, risk: 0.5 - 1e-4 * lambda, draws: 10 ** 9 }));
  const record = certificateRecord("exact-draws", { about, inputs: { ladder: flat, n: 10 ** 6 } });
  const [, top] = record.certificates as readonly GibbsCertificate[];
  expect(top!.freeEnergyUpper / top!.klUpper).toBeGreaterThan(100);
  const stating = (klUpper: number): boolean => verification({ ...record, certificates: [record.certificates[0], { ...top!, klUpper }] }).valid;
  expect(stating(top!.klUpper + 5e-13 * top!.freeEnergyUpper)).toBe(true);
  expect(stating(top!.klUpper - 2e-12 * top!.freeEnergyUpper)).toBe(false);
});

/** Every number within a value, by its path. */
function numbersOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value === "number") return [path];
  return typeof value === "object" && value !== null ? Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, [...path, key])) : [];
}

it.each(records.map((record, i) => [`${record.method} ${i}`, record] as const))(
  "verification() of a record of %s notices a change of any single number",
  (_, record) => {
    // A zero-one risk at λ = 0 is certified by nothing.
    const paths = numbersOf({ inputs: record.inputs, certificates: record.certificates }).filter(
      (path) => !path.join(".").startsWith("inputs.ladder.0.risk01"),
    );
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) {
      const forged = structuredClone(record) as unknown as Record<string, never>;
      const parent = path.slice(0, -1).reduce<Record<string, never>>((at, key) => at[key]!, forged) as Record<string, number>;
      const before = parent[path.at(-1)!]!;
      parent[path.at(-1)!] = Math.abs(before) < Infinity && before !== 0 ? before * (1 - 1e-3) : -0.5;
      let noticed: boolean;
      try {
        noticed = !verification(forged).valid;
      } catch (error) {
        noticed = /^Cannot (read a certificate|certify a posterior|bound the risk): /u.test((error as Error).message);
      }
      expect(noticed, path.join(".")).toBe(true);
    }
  },
);

it("verification() and certificateRecord() name the field that makes no sense", () => {
  const bad = (change: object) => () => verification({ ...records[2], ...change });
  expect(bad({ format: "other" })).toThrow("record.format");
  expect(bad({ method: "toString" })).toThrow("record.method");
  expect(bad({ inputs: { risk: 0.2 } })).toThrow("inputs.kl");
  expect(bad({ inputs: { risk: 0.2, kl: 3, draws: 5, n: 100, more: 1 } })).toThrow("Unrecognized key");
  expect(bad({ inputs: { risk: 1.2, kl: 3, draws: 5, n: 100 } })).toThrow("must be in [0, 1], got 1.2");
  expect(() => verification(null)).toThrow(TypeError);
  expect(() => certificateRecord("exact-posterior", { about: { ...about, prior: "" }, inputs: { risk: 0.2, kl: 3, draws: 5, n: 100 } })).toThrow("about.prior");
});

it("readCertificate() says which file is missing or broken, writeCertificate() which one it cannot write", async () => {
  const file = join(folder, "broken.json");
  writeFileSync(file, '{ "format": ');
  await expect(readCertificate(file)).rejects.toThrow(`Cannot read ${file}`);
  await expect(readCertificate(join(folder, "none.json"))).rejects.toThrow("no such file");
  await expect(writeCertificate(join(folder, "none", "x.json"), records[0]!)).rejects.toThrow("Cannot write");
  expect(readFileSync(file, "utf8")).toBe('{ "format": ');
});
