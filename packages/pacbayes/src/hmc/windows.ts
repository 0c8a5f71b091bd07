/** The schedule of a warm-up: windows over which variances are learnt, by the step after which each ends; before the first and after the last, only steps adapt. */
export type Windows = { readonly first: number; readonly ends: readonly number[] };

/**
 * A start of 75 steps, windows of 25, 50, 100, …, and an end of 50 steps: the schedule of Stan's warm-up. In less than 150 steps 15 %, 75 % in one window and
 * 10 %; the last window takes what the next would not find room for.
 *
 * @throws RangeError unless `steps` is a whole number of at least 20
 */
export function windows(steps: number): Windows {
  if (!(Number.isInteger(steps) && steps >= 20)) throw new RangeError(`Cannot lay out a warm-up: steps must be a whole number of at least 20, got ${steps}`);
  const [first, last] = steps < 150 ? [Math.floor(0.15 * steps), steps - Math.floor(0.1 * steps)] : [75, steps - 50];
  const ends: number[] = [];
  let size = steps < 150 ? last - first : 25;
  for (let at = first; at < last; size *= 2) {
    // A window that would leave no room for the next, twice its size, takes the rest.
    at = at + size + 2 * size > last ? last : at + size;
    ends.push(at);
  }
  return { first, ends };
}
