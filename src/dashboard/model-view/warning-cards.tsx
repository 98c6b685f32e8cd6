/** Warnings at the head of a model, each with the job that avoids it, one click away. */
import { useState } from "preact/hooks";
import type { Job } from "../../client/answers.ts";
import { cloneSpec } from "../request/clone.ts";
import { textOf } from "../request/draft.ts";
import { useApp } from "../shell/app-context.ts";
import { useResource } from "../shell/resource.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { type Remedy, type Warning, warningsOf } from "./warnings.ts";

/** Maximum inline rows of a job that are read back for another. */
const CLONED_ROWS = 5000;

export function WarningCards({ job }: { readonly job: Job }) {
  const { api } = useApp();
  // Jobs of lists and streams come without their notes.
  const { data } = useResource(
    async (signal) => job.notes ?? (await api.job(job.id, { signal }).catch(() => null))?.notes ?? [],
    [job.id, job.notes],
  );
  const warnings = data ? warningsOf(job, data) : [];
  if (warnings.length === 0) return null;
  return (
    <ul class="warning-cards" aria-label="Before you trust it">
      {warnings.map((warning) => (
        <li key={warning.key}>
          <WarningCard job={job} warning={warning} />
        </li>
      ))}
    </ul>
  );
}

function WarningCard({ job, warning: { title, detail, cure, remedy } }: { readonly job: Job; readonly warning: Warning }) {
  return (
    <Notice tone="warn" title={title}>
      <p>{detail}</p>
      {cure !== null && <p class="muted">{cure}</p>}
      {remedy && <RemedyButton job={job} remedy={remedy} />}
    </Notice>
  );
}

/** Submits the job again, changed; if it cannot be read back in full, the form opens with it. */
function RemedyButton({ job, remedy: { label, change } }: { readonly job: Job; readonly remedy: Remedy }) {
  const { api, router, toasts } = useApp();
  const [busy, setBusy] = useState(false);
  const train = async (): Promise<void> => {
    setBusy(true);
    try {
      const rows = "inline" in job.spec.data ? await api.jobRows(job.id, { limit: CLONED_ROWS }) : null;
      const { spec, notes } = cloneSpec(job, rows);
      if (notes.length > 0) router.navigate(`/new?from=${job.id}`);
      else router.navigate(`/jobs/${(await api.submit(textOf(change(spec)))).id}`);
    } catch (error) {
      toasts.fail(error);
      setBusy(false);
    }
  };
  return (
    <Button small icon="play" busy={busy} onClick={() => void train()}>
      {label}
    </Button>
  );
}
