/** Which jobs are compared stands in the address, so that a comparison can be sent to others. Pure. */

/** Most jobs side by side: as many as there are colours that can be told apart. */
export const MOST_COMPARED = 8;

/** Where jobs are compared. */
export const compareHref = (ids: readonly string[]): string => `/compare?jobs=${ids.join(",")}`;

/** The jobs of an address: each once, and not more than can be compared. */
export function comparedIds(query: URLSearchParams): readonly string[] {
  const ids = (query.get("jobs") ?? "").split(",").filter(Boolean);
  return [...new Set(ids)].slice(0, MOST_COMPARED);
}

/** The custom property of the colour of the job at a position. */
export const colorAt = (position: number): string => `--chart-${(position % MOST_COMPARED) + 1}`;
