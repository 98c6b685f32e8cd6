/** Bins many values at once: the same bins as `binOf` in layout.ts, without an object, a call or an unpredictable branch for each value. */
import type { MonitoredColumn } from "./layout.ts";

/** Edges of a column, filled up with infinity: four comparisons find any bin of sixteen. */
const EDGES = 15;

/** Adds values to the counts of their bins. */
export interface BinTable {
  /** Adds whole rows, one after the other: the values from `from` to `end`, one for each column of a row. */
  addRows(counts: Float64Array, values: Float64Array, from: number, end: number): void;
  /** Adds one value of a column. */
  add(counts: Float64Array, column: number, value: number): void;
}

/** Creates the table of some columns of a layout. Throws if a column has more edges than it can search. */
export function createBinTable(columns: readonly MonitoredColumn[]): BinTable {
  const width = columns.length;
  const searches = columns.map(searchOf);
  return {
    addRows(counts, values, from, end) {
      for (let column = 0; column < width; column++)
        addColumn(searches[column] as Search, counts, values, from + column, width, end);
    },
    add(counts, column, value) {
      const search = searches[column] as Search;
      if (search.places && value >= 0) {
        // The class of an answer: called once for each predicted row, so it avoids the loop over values.
        const place = search.offset + (search.places[value + 1] as number);
        counts[place] = (counts[place] as number) + 1;
        return;
      }
      ONE[0] = value;
      addColumn(search, counts, ONE, 0, 1, 1);
    },
  };
}

const ONE = new Float64Array(1);

interface Search {
  readonly offset: number;
  readonly missing: number;
  readonly edges: Float64Array;
  /** For labels: the bin of unseen labels, then that of each index; null for numbers. */
  readonly places: Uint8Array | null;
}

function searchOf({ offset, bins, edges, binOfPlace }: MonitoredColumn): Search {
  if (edges.length > EDGES) throw new Error(`a column has ${edges.length} edges, and ${EDGES} are searched`);
  return {
    offset,
    missing: offset + bins - 1,
    edges: Float64Array.from({ length: EDGES }, (_, index) => edges[index] ?? Number.POSITIVE_INFINITY),
    places: binOfPlace ? Uint8Array.from([bins - 2, ...binOfPlace]) : null,
  };
}

/** Adds the values of one column: column by column, so that its edges stay in the processor's cache. */
function addColumn(search: Search, counts: Float64Array, values: Float64Array, from: number, step: number, end: number): void {
  if (search.places) addPlaces(search, search.places, counts, values, from, step, end);
  else addNumbers(search, counts, values, from, step, end);
}

function addNumbers(
  { edges, offset, missing }: Search,
  counts: Float64Array,
  values: Float64Array,
  from: number,
  step: number,
  end: number,
): void {
  for (let at = from; at < end; at += step) {
    const value = values[at] as number;
    // The number of edges below the value is its bin. Sums of comparisons, because a branch would be mispredicted half of the time.
    let bin = Number((edges[7] as number) < value) << 3;
    bin += Number((edges[bin + 3] as number) < value) << 2;
    bin += Number((edges[bin + 1] as number) < value) << 1;
    bin += Number((edges[bin] as number) < value);
    const place = Number.isNaN(value) ? missing : offset + bin;
    counts[place] = (counts[place] as number) + 1;
  }
}

function addPlaces(
  { offset, missing }: Search,
  places: Uint8Array,
  counts: Float64Array,
  values: Float64Array,
  from: number,
  step: number,
  end: number,
): void {
  for (let at = from; at < end; at += step) {
    const value = values[at] as number;
    const place = Number.isNaN(value) ? missing : offset + (places[value < 0 ? 0 : value + 1] as number);
    counts[place] = (counts[place] as number) + 1;
  }
}
