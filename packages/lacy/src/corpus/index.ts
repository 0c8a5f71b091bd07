export { corpus, type Corpus, type CorpusOptions } from "./corpus.ts";
export { document, type Document, type Fact } from "./document.ts";
export { documents, type DocumentsOptions, type Split } from "./documents.ts";
export { lookedUp, type AnnotatedText } from "./looked-up.ts";
export { wordnet } from "./wordnet.ts";
