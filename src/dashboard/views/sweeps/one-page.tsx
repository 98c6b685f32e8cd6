/** The view of the sweep that the address names. */
import type { ViewProps } from "../../shell/view.ts";
import { SweepView } from "./one.tsx";

export default function SweepPage({ params }: ViewProps) {
  return <SweepView key={params.id} id={params.id as string} />;
}
