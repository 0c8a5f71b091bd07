export { huggingFaceModel, huggingFaceOptions, huggingFaceParams, type HuggingFaceModel } from "./language/hugging-face.ts";
export { bytePairs, tokenizerJson } from "./language/tokenizer-json.ts";
