/**
 * A time span for people: two units at most.
 *
 * @example
 * ```ts
 * import { duration } from "@lab/tensor-core/report";
 * [0.25, 9, 75, 3725].map(duration); // => [ '0.3 s', '9 s', '1 min 15 s', '1 h 2 min' ]
 * ```
 */
export function duration(seconds: number): string {
  if (!(seconds >= 0 && seconds < Infinity)) return "?";
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
