import { constantFrom, assert, array, integer, option, property, record, uniqueArray } from "fast-check";
import { describe, expect, it, test } from "vitest";
import { dyck } from "./dyck.ts";
import { finiteAutomaton } from "./finite-automaton.ts";
import { minimalAutomaton } from "./minimal-automaton.ts";
import { nerodeClasses } from "./nerode-classes.ts";
import { parity } from "./parity.ts";
import { tomita } from "./tomita.ts";

const STATES = 4;
const state = integer({ min: 0, max: STATES - 1 });
const automata = record({
  transitions: array(array(option(state, { nil: undefined }), { minLength: 2, maxLength: 2 }), { minLength: STATES, maxLength: STATES }),
  accepting: uniqueArray(state),
});

describe("minimalAutomaton()", () => {
  it("minimalAutomaton() has as many states as prefixes can be told apart, and the language of what it was made from", () => {
    assert(
      property(automata, array(constantFrom(0, 1), { maxLength: 9 }), (given, string) => {
        const least = minimalAutomaton(given);
        expect(least.transitions).toHaveLength(nerodeClasses(finiteAutomaton(given), { prefix: STATES }));
        expect(finiteAutomaton(least).contains(string)).toBe(finiteAutomaton(given).contains(string));
        expect(minimalAutomaton(least)).toEqual(least);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("minimalAutomaton() of two automata of one language is one value", () => {
    const renamed = {
      transitions: [
        [2, 1],
        [1, 2],
        [0, 1],
        [3, 3],
      ],
      accepting: [0, 2],
    };
    const evenOnes = {
      transitions: [
        [0, 1],
        [1, 0],
      ],
      accepting: [0],
    };
    expect(minimalAutomaton(renamed)).toEqual(evenOnes);
    expect(minimalAutomaton(evenOnes)).toEqual(evenOnes);
  });

  it("minimalAutomaton() of no string, and of all strings, has one state", () => {
    const transitions = [
      [1, 0],
      [0, undefined],
    ];
    expect(minimalAutomaton({ transitions, accepting: [] })).toEqual({ transitions: [[0, 0]], accepting: [] });
    expect(minimalAutomaton({ transitions: [[1], [0]], accepting: [0, 1] })).toEqual({ transitions: [[0]], accepting: [0] });
  });

  it("minimalAutomaton() refuses what is no automaton", () => {
    expect(() => minimalAutomaton({ transitions: [], accepting: [] })).toThrow("one state at least");
    expect(() => minimalAutomaton({ transitions: [[0, 0], [0]], accepting: [] })).toThrow("rows of 2 transitions, got 1");
    expect(() => minimalAutomaton({ transitions: [[1]], accepting: [] })).toThrow("states below 1, got 1");
    expect(() => minimalAutomaton({ transitions: [[0]], accepting: [-1] })).toThrow("got -1");
  });
});

test("nerodeClasses() finds the known sizes of Tomita's seven languages and of parity, the refusal included", () => {
  const sizes = ([1, 2, 3, 4, 5, 6, 7] as const).map((number) => nerodeClasses(tomita(number), { prefix: 4 }));
  expect(sizes).toEqual([2, 3, 5, 4, 4, 3, 5]);
  expect(nerodeClasses(parity(), { prefix: 1, suffix: 0 })).toBe(2);
});

test("nerodeClasses() grows without end for brackets: one class for each depth that is reached and can be closed", () => {
  expect([1, 2, 3, 4, 5].map((prefix) => nerodeClasses(dyck({ pairs: 1 }), { prefix }))).toEqual([3, 4, 5, 6, 7]);
  // Of depth 4 and 5 nothing of length 3 is a member, as of the refusal.
  expect(nerodeClasses(dyck({ pairs: 1 }), { prefix: 5, suffix: 3 })).toBe(5);
  expect(() => nerodeClasses(parity(), { prefix: 1.5 })).toThrow("got 1.5");
  expect(() => nerodeClasses(parity(), { prefix: 1, suffix: -1 })).toThrow("got -1");
});
