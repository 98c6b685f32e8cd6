/** The view of data sets: all of them, or one. */
import type { ViewProps } from "../../shell/view.ts";
import { DatasetList } from "./list.tsx";
import { OneDataset } from "./one.tsx";

export default function DatasetsPage({ params }: ViewProps) {
  return params.id ? <OneDataset id={params.id} /> : <DatasetList />;
}
