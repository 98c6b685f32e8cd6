/** The order in which sums are taken: neighbours first, then neighbours of the results, and so on. */

/** Combines all items into one, in a tree that depends on their number alone. There is at least one. */
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
