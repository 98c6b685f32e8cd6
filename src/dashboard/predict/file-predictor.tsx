/** Predicts a CSV that is dropped or chosen, and offers the same rows with their predictions for download. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { formatBytes, formatCount, formatShare } from "../shell/format.ts";
import { LinkButton } from "../ui/button.tsx";
import { DropZone } from "../ui/drop-zone.tsx";
import { Progress } from "../ui/state-badge.tsx";
import { Problem } from "../ui/surfaces.tsx";
import { type PredictedFile, predictFile } from "./predict-file.ts";
import { textOf } from "./stream-text.ts";

interface Done extends PredictedFile {
  readonly name: string;
  readonly url: string;
}

export function FilePredictor({ modelRef }: { readonly modelRef: string }) {
  const { api } = useApp();
  const [sending, setSending] = useState<{ readonly file: File; readonly share: number } | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  useEffect(() => () => (done ? URL.revokeObjectURL(done.url) : undefined), [done]);
  const predict = async (file: File): Promise<void> => {
    abort.current?.abort();
    abort.current = new AbortController();
    setError(null);
    setDone(null);
    setSending({ file, share: 0 });
    try {
      const predicted = await predictFile(file, {
        send: async (csv, header, signal) =>
          textOf(await api.predictBatch(modelRef, csv, { type: "text/csv", spreadsheet: true, header, signal })),
        signal: abort.current.signal,
        onProgress: (share) => setSending({ file, share }),
      });
      const name = `${file.name.replace(/\.csv$/i, "")}-predicted.csv`;
      setDone({ ...predicted, name, url: URL.createObjectURL(predicted.csv) });
    } catch (failure) {
      setError(failure);
    }
    setSending(null);
  };
  return (
    <div class="stack">
      <DropZone action="Choose a CSV" accept=".csv,.tsv,.txt" busy={sending !== null} onFile={(file) => void predict(file)}>
        {sending ? (
          <div class="sending">
            <p class="truncate" role="status">
              {sending.file.name}: {formatShare(sending.share)} predicted
            </p>
            <Progress share={sending.share} tone="active" label="Predicted" />
          </div>
        ) : (
          <p>
            Drop a <strong>CSV</strong> with the model's columns to get it back with a prediction in each row. It may have any
            number of rows.
          </p>
        )}
      </DropZone>
      {error ? <Problem error={error} /> : null}
      {done && <Result done={done} />}
    </div>
  );
}

function Result({ done: { name, url, rows, head, csv } }: { readonly done: Done }) {
  return (
    <div class="predicted-file">
      <div class="row wrap">
        <p role="status">
          <strong>{formatCount(rows)}</strong> rows predicted
        </p>
        <LinkButton variant="primary" icon="download" href={url} download={name}>
          {name}, {formatBytes(csv.size)}
        </LinkButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keys. */}
      <pre class="code" tabIndex={0}>
        {head.join("\n")}
      </pre>
    </div>
  );
}
