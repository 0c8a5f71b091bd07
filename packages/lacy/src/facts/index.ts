export { alignment, TOKEN_KINDS, type AlignmentOptions } from "./alignment.ts";
export { capitalsTagger } from "./capitals.ts";
export { compromiseTagger } from "./compromise.ts";
export { ENTITY_RULES, KEYWORD_RULES, VALUE_RULES, type FactOptions, type FactSpan, type FactTagger } from "./fact-span.ts";
export { spacyTagger } from "./spacy.ts";
export { winkTagger } from "./wink.ts";
