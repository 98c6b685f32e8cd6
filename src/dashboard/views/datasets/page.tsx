/** The view of all data sets. */
import { DatasetList } from "./list.tsx";

export default function DatasetsPage() {
  return <DatasetList />;
}
