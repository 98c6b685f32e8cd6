/** The model of a job: by its checkpoints while it trains, and in full once there is a model. */
import type { Job, Model } from "../../../client/answers.ts";
import { ModelViews } from "../../model-view/model-views.tsx";
import { useApp } from "../../shell/app-context.ts";
import { useResource } from "../../shell/resource.ts";
import { Problem } from "../../ui/surfaces.tsx";

export function ModelTab({ job }: { readonly job: Job }) {
  const { api } = useApp();
  const id = job.model?.id ?? null;
  const { data, error, reload } = useResource(
    async (signal): Promise<Model | null> => (id === null ? null : api.model(id, { signal })),
    [id],
  );
  return (
    <>
      {error ? <Problem error={error} retry={reload} /> : null}
      <ModelViews job={job} model={data} />
    </>
  );
}
