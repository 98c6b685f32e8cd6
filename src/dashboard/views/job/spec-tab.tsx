/** The spec as the server has resolved it, with every default. Submitted again, it trains the same model. */
import { useMemo } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { useApp } from "../../shell/app-context.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Card } from "../../ui/surfaces.tsx";

/** Longer arrays are rows of data: they are shortened on the page, not in the copy. */
const SHOWN_ITEMS = 32;

export function SpecTab({ job }: { readonly job: Job }) {
  const { toasts } = useApp();
  const shown = useMemo(() => JSON.stringify(job.spec, shorten, 2), [job.spec]);
  const copy = () => void navigator.clipboard?.writeText(JSON.stringify(job.spec, null, 2)).then(() => toasts.say("Copied."));
  return (
    <Card
      title="Resolved spec"
      actions={
        <>
          <Button small icon="copy" onClick={copy}>
            Copy
          </Button>
          <LinkButton small icon="edit" href={`/new?from=${job.id}`}>
            Clone and edit
          </LinkButton>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reached by keys. */}
      <pre class="code" tabIndex={0}>
        {shown}
      </pre>
    </Card>
  );
}

function shorten(_key: string, value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= SHOWN_ITEMS) return value;
  return [...value.slice(0, SHOWN_ITEMS), `… ${value.length - SHOWN_ITEMS} more`];
}
