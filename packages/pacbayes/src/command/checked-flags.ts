/** @throws RangeError for a flag or a further word that the command does not know, which would else be passed over */
export function checkedFlags(raw: readonly string[], known: readonly string[], words: number): void {
  let seen = 0;
  for (let i = 0; i < raw.length; i++) {
    const word = raw[i]!;
    if (!word.startsWith("-") || word === "-") {
      if (++seen > words) throw new RangeError(`Cannot run the command: unexpected "${word}"`);
      continue;
    }
    const [name] = word.replace(/^--?/, "").split("=") as [string];
    if (!known.includes(name))
      throw new RangeError(`Cannot run the command: unknown flag ${word.split("=")[0]}, expected one of ${known.map((flag) => `--${flag}`).join(" ")}`);
    if (name !== "json" && !word.includes("=")) i++;
  }
}
