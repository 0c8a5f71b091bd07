/** A symbol of a vocabulary, as its index. */
export type Token = number;
/** A string of symbols, without an end symbol. */
export type Sequence = readonly Token[];
