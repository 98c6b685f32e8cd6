/** The view of all models. */
import type { ViewProps } from "../../shell/view.ts";
import { ModelList } from "./list.tsx";

export default function ModelsPage({ query }: ViewProps) {
  return <ModelList query={query} />;
}
