/** Below so many products of numbers, or with so narrow a factor, our own kernel is not the faster one. */
const FEWEST_PRODUCTS = 2 ** 17;
const NARROWEST = 8;

/** Whether our own kernel is the faster one for a product of this size; few rows are no hindrance unless there are several products, or A is turned. */
export function isWorthOwnProduct(
  rows: number,
  columns: number,
  depth: number,
  { batch = 1, turned = false }: { readonly batch?: number; readonly turned?: boolean } = {},
): boolean {
  const narrowest = batch === 1 && !turned ? Math.min(columns, depth) : Math.min(rows, columns, depth);
  return narrowest >= NARROWEST && batch * rows * columns * depth >= FEWEST_PRODUCTS;
}
