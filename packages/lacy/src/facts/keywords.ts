/** Common nouns that state a fact about a subject wherever they stand: occupations, degrees, awards; months and days as well, for parsers that miss them. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `actor actress admiral anthropologist archaeologist architect artist astronaut astronomer athlete attorney author bacteriologist banker baritone barrister baseballer
  basketballer bassist biochemist biologist bishop botanist boxer businessman businesswoman cardinal cartoonist cellist chemist choreographer clergyman coach comedian
  composer conductor cricketer critic cyclist dancer dentist designer diplomat director dramatist drummer economist editor emperor engineer entomologist entrepreneur
  essayist explorer farmer filmmaker footballer general geographer geologist golfer governor guitarist gymnast historian illustrator inventor journalist judge jurist
  king lawyer lexicographer librarian linguist lyricist magician manager mathematician mayor merchant meteorologist midfielder missionary model musician naturalist
  neurologist novelist nurse painter pharmacist philanthropist philosopher photographer physician physicist physiologist pianist pilot playwright poet politician pope
  presenter president priest princess prince printer producer professor programmer psychiatrist psychologist publisher queen racer rapper referee rower sailor
  saxophonist scholar scientist screenwriter sculptor secretary senator sergeant singer skater skier sociologist soldier soprano sprinter statesman statistician striker
  surgeon surveyor swimmer teacher tenor theologian trumpeter violinist wrestler writer zoologist goalkeeper defender
  bachelor doctorate diploma degree phd mba bsc msc
  award bafta championship grammy medal oscar prize pulitzer trophy knighthood
  january february march april june july august september october november december
  monday tuesday wednesday thursday friday saturday sunday`.split(/\s+/),
);

/** Whether a word, or its singular, is one of the common nouns that state a fact. */
export function isKeyword(word: string): boolean {
  const form = word.toLowerCase();
  // The month and the verb "march" differ in their capital.
  if (form === "march" && word !== "March") return false;
  return KEYWORDS.has(form) || (form.endsWith("s") && KEYWORDS.has(form.slice(0, -1)));
}
