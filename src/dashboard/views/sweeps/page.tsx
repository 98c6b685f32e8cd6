/** The view of all sweeps. */
import type { ViewProps } from "../../shell/view.ts";
import { SweepList } from "./list.tsx";

export default function SweepsPage({ query }: ViewProps) {
  return <SweepList query={query} />;
}
