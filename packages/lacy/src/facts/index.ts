export { alignment, TOKEN_KINDS, type AlignmentOptions } from "./alignment.ts";
export { annotationFile, readAnnotations, type AnnotationFileOptions } from "./annotation-file.ts";
export { annotatedSpans, annotation, factShares, taggerOf, type Annotation, type FactShares, type TaggerName, type TaggerSettings } from "./annotation.ts";
export { annotations, type Annotated, type AnnotationsOptions } from "./annotations.ts";
export { capitalsTagger } from "./capitals.ts";
export { compromiseTagger } from "./compromise.ts";
export { ENTITY_RULES, KEYWORD_RULES, VALUE_RULES, type FactOptions, type FactSpan, type FactTagger } from "./fact-span.ts";
export { spacyTagger } from "./spacy.ts";
export { winkTagger } from "./wink.ts";
