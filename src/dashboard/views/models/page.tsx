/** The view of models: all of them, one, or two side by side. */
import type { ViewProps } from "../../shell/view.ts";
import { ModelList } from "./list.tsx";
import { OneModel } from "./one.tsx";

export default function ModelsPage({ params, query }: ViewProps) {
  return params.ref ? <OneModel modelRef={params.ref} query={query} /> : <ModelList query={query} />;
}
