/** Short names of the parameters of a sweep, for heads of tables and axes. */

/** Returns short labels for pointers, each telling its parameter from the others: the last name, and as many before it as that takes. */
export function parameterLabels(pointers: readonly string[]): readonly string[] {
  const names = pointers.map((pointer) =>
    pointer
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")),
  );
  const label = (own: readonly string[], depth: number): string => own.slice(-depth).join(" ");
  return names.map((own) => {
    // An index says nothing without what it counts.
    let depth = [own.at(-1), own.at(-2)].findLastIndex((key) => /^\d+$/.test(key ?? "")) + 2;
    while (depth < own.length && names.some((other) => other !== own && label(other, depth) === label(own, depth))) depth++;
    return label(own, depth);
  });
}
