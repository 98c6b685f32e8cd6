/** The address at which a table becomes a model. Pure. */

/** Returns the address that begins with a data set, and with a target where one is known. */
export function startAddress(dataset: string, target: string | null): string {
  const query = new URLSearchParams({ dataset, ...(target !== null && { target }) });
  return `/start?${query}`;
}
