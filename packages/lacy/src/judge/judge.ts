/** Anything that answers a question in words: a language model behind an endpoint, or a test's own answers. */
export type Judge = (prompt: string) => Promise<string>;
