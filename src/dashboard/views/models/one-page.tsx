/** The view of one model, or of two side by side. */
import type { ViewProps } from "../../shell/view.ts";
import { OneModel } from "./one.tsx";

export default function ModelPage({ params, query }: ViewProps) {
  return <OneModel modelRef={params.ref as string} query={query} />;
}
