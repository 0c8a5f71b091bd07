import { annotation, taggerOf, type Annotation, type TaggerSettings } from "./annotation.ts";
import type { FactTagger } from "./fact-span.ts";

/** Texts to be annotated, by settings. */
export type AnnotationTask = { readonly settings: TaggerSettings; readonly texts: readonly { readonly id: string; readonly text: string }[] };

const taggers = new Map<string, FactTagger>();

/** Annotates a batch of texts; a tagger is made once for each worker. */
export function annotated({ settings, texts }: AnnotationTask): Annotation[] {
  const name = JSON.stringify(settings);
  const tagger = taggers.get(name) ?? taggerOf(settings);
  taggers.set(name, tagger);
  return texts.map((text) => annotation(text, tagger));
}
