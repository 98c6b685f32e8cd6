/** The names of data sets by id, for lists of jobs, which only know ids: read once, and again for an unknown id. */
import { useEffect } from "preact/hooks";
import type { Api } from "../shell/api.ts";
import { useApp } from "../shell/app-context.ts";
import { createStore, useStore } from "../shell/store.ts";

/** Names by id. */
export type DatasetNames = ReadonlyMap<string, string>;

/** Data sets of the newest page; jobs on older ones are shown with the end of its id. */
const PAGE = 200;

const names = createStore<DatasetNames>(new Map());
/** Requested ids: those of deleted data sets are never found. */
const asked = new Set<string>();

/** Returns the known names; reads them if one of these ids is unknown. */
export function useDatasetNames(ids: readonly string[]): DatasetNames {
  const { api } = useApp();
  const known = useStore(names);
  const unknown = ids.filter((id) => !known.has(id) && !asked.has(id)).join();
  useEffect(() => {
    if (unknown === "") return;
    for (const id of unknown.split(",")) asked.add(id);
    void read(api);
  }, [api, unknown]);
  return known;
}

async function read(api: Api): Promise<void> {
  const page = await api.datasets({ limit: PAGE }).catch(() => null);
  if (page) names.set(new Map(page.data.map(({ id, name }) => [id, name])));
}

/** Returns the id of the data set that a job learns from; null if its rows come from elsewhere. */
export const datasetOf = ({ data }: { readonly data: object }): string | null =>
  "dataset" in data ? (data.dataset as { readonly id: string }).id : null;
