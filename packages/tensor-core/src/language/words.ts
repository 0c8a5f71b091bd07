/** The words of a text by a pattern with the flags `gu`: its matches, and what lies between them. They concatenate to the text. */
export function* words(text: string, pattern: RegExp): Generator<string> {
  let end = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (match === "") continue;
    if (index > end) yield text.slice(end, index);
    yield match;
    end = index + match.length;
  }
  if (end < text.length) yield text.slice(end);
}
