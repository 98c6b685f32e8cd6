/** The start of everything: a place to drop a table, and sample tables beside it. */
import { useState } from "preact/hooks";
import type { Dataset } from "../../client/answers.ts";
import { useApp } from "../shell/app-context.ts";
import { Icon } from "../ui/icon.tsx";
import { SAMPLES, type Sample } from "./samples.ts";
import { useSendSample } from "./send-table.ts";
import { Uploader } from "./uploader.tsx";

export interface TableStartProps {
  /** Called with what was uploaded, and the column to predict where that is known. */
  onTable(dataset: Dataset, target: string | null): void;
}

export function TableStart({ onTable }: TableStartProps) {
  const { toasts } = useApp();
  const sendSample = useSendSample();
  const [busy, setBusy] = useState<string | null>(null);
  const choose = async (sample: Sample): Promise<void> => {
    setBusy(sample.name);
    try {
      onTable(await sendSample(sample), sample.target);
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(null);
  };
  return (
    <div class="table-start">
      <Uploader onUploaded={(dataset) => onTable(dataset, null)} />
      <section aria-label="Samples">
        <h2 class="table-start-head">Or try one of these</h2>
        <ul class="sample-list">
          {SAMPLES.map((sample) => (
            <li key={sample.name}>
              <button
                type="button"
                class="sample"
                aria-disabled={busy !== null || undefined}
                onClick={() => busy === null && void choose(sample)}
              >
                <strong>
                  {sample.title} {busy === sample.name && <Icon name="loader" size={14} />}
                </strong>
                <span class="muted">{sample.about}</span>
              </button>
            </li>
          ))}
        </ul>
        <p class="table-start-more muted">
          Without a table: <a href="/playground">the playground</a>, where the boundary moves while you change the network.
        </p>
      </section>
    </div>
  );
}
