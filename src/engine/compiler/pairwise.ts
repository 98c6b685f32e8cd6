/** Pairwise summation: combines adjacent items, then adjacent results, and so on. */

/** Combines all items, at least one, in a tree that depends only on their number. */
export function pairwise<Item>(items: readonly Item[], combine: (a: Item, b: Item) => Item): Item {
  let rest = items;
  while (rest.length > 1) {
    rest = rest.flatMap((item, index) => {
      if (index % 2 === 1) return [];
      const next = rest[index + 1];
      return [next === undefined ? item : combine(item, next)];
    });
  }
  return rest[0] as Item;
}
