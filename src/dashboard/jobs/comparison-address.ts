/** The address of a comparison, which names its jobs: it can be sent to others. Pure. */

/** Most jobs in one comparison: as many as there are distinct colours. */
export const MAX_COMPARED = 8;

/** Returns the address at which jobs are compared. */
export const compareHref = (ids: readonly string[]): string => `/compare?jobs=${ids.join(",")}`;

/** Returns the job ids of an address: each once, at most MAX_COMPARED. */
export function comparedIds(query: URLSearchParams): readonly string[] {
  const ids = (query.get("jobs") ?? "").split(",").filter(Boolean);
  return [...new Set(ids)].slice(0, MAX_COMPARED);
}

/** Returns the custom property of the colour of the job at a position. */
export const colorAt = (position: number): string => `--chart-${(position % MAX_COMPARED) + 1}`;
