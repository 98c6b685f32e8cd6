/** The weights of a model, read from the server where they are few enough to be looked at in a browser. */
import type { Model } from "../../client/answers.ts";
import { useApp } from "../shell/app-context.ts";
import { type Resource, useResource } from "../shell/resource.ts";
import { type ReadTensor, readSafetensors } from "./safetensors.ts";

/** Most weights that are read: 20 MB. */
export const MOST_WEIGHTS = 5_000_000;

/** Null data for a model that has more. */
export function useWeights(model: Model | null): Resource<readonly ReadTensor[] | null> {
  const { api } = useApp();
  return useResource(
    async (signal) => {
      if (!model || model.parameters > MOST_WEIGHTS) return null;
      const response = await api.http.send("GET", api.weightsUrl(model.id), { signal });
      return readSafetensors(await response.arrayBuffer());
    },
    [model?.id],
  );
}
