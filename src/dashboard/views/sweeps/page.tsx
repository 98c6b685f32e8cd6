/** The views of sweeps: all of them, or the one that the address names. */
import type { ViewProps } from "../../shell/view.ts";
import { SweepList } from "./list.tsx";
import { SweepView } from "./one.tsx";

export default function SweepsPage({ params, query }: ViewProps) {
  return params.id === undefined ? <SweepList query={query} /> : <SweepView key={params.id} id={params.id} />;
}
