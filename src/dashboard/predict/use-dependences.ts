/** How a model's answers depend on each column over its training rows, drawn beside the profile of a row. */
import { useEffect, useState } from "preact/hooks";
import type { ColumnDependence, Model } from "../../client/answers.ts";
import { useApp } from "../shell/app-context.ts";
import type { Dependences } from "./profile.ts";

const POINTS = 25;
const NONE: Dependences = new Map();

/** By the index of the input. Empty until they arrive, and if the training rows are not available; `isWanted` false: not requested. */
export function useDependences(model: Model, modelRef: string, isWanted: boolean): Dependences {
  const { api } = useApp();
  const [known, setKnown] = useState({ modelRef, dependences: NONE });
  const isKnown = known.modelRef === modelRef && known.dependences.size > 0;
  useEffect(() => {
    if (!isWanted || isKnown) return;
    const abort = new AbortController();
    api.partialDependence(modelRef, { points: POINTS }, { signal: abort.signal }).then(
      ({ columns }) => setKnown({ modelRef, dependences: byInput(model, columns) }),
      // Without them only the row's own profiles are shown.
      () => undefined,
    );
    return () => abort.abort();
  }, [api, model, modelRef, isWanted, isKnown]);
  return isKnown ? known.dependences : NONE;
}

function byInput({ inputs }: Model, columns: readonly ColumnDependence[]): Dependences {
  const places = new Map((inputs ?? []).map(({ name }, index) => [name, index]));
  return new Map(columns.flatMap((column) => [[places.get(column.column) ?? -1, column] as const]));
}
