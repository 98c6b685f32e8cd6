/** The view of one data set. */
import type { ViewProps } from "../../shell/view.ts";
import { OneDataset } from "./one.tsx";

export default function DatasetPage({ params }: ViewProps) {
  return <OneDataset id={params.id as string} />;
}
