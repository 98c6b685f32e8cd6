/** Uploads a table that is dropped or chosen: shows how much was sent, and what is wrong with it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Dataset } from "../../client/answers.ts";
import { formatBytes, formatShare } from "../shell/format.ts";
import { DropZone } from "../ui/drop-zone.tsx";
import { Progress } from "../ui/state-badge.tsx";
import { Problem } from "../ui/surfaces.tsx";
import { ACCEPTED_FILES, useSendTable } from "./send-table.ts";

interface Sending {
  readonly file: File;
  readonly share: number;
}

export function Uploader({ onUploaded }: { readonly onUploaded: (dataset: Dataset) => void }) {
  const sendTable = useSendTable();
  const [sending, setSending] = useState<Sending | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef(new AbortController());
  useEffect(() => {
    abort.current = new AbortController();
    return () => abort.current.abort();
  }, []);
  const upload = async (file: File): Promise<void> => {
    const { signal } = abort.current;
    setError(null);
    setSending({ file, share: 0 });
    try {
      onUploaded(await sendTable(file, file.name, { signal, onProgress: (share) => setSending({ file, share }) }));
    } catch (failure) {
      if (!signal.aborted) setError(failure);
    }
    setSending(null);
  };
  return (
    <div class="stack">
      <DropZone action="Choose a file" accept={ACCEPTED_FILES} busy={sending !== null} onFile={(file) => void upload(file)}>
        {sending ? (
          <div class="sending">
            <p class="truncate" role="status">
              {sending.file.name}, {formatBytes(sending.file.size)}:{" "}
              {sending.share < 1 ? `${formatShare(sending.share)} sent` : "the server is reading it"}
            </p>
            <Progress share={sending.share} tone="active" label="Sent" />
          </div>
        ) : (
          <p>
            Drop a table here: <strong>CSV, Excel, NDJSON, JSON or Parquet</strong>, gzipped or not.
          </p>
        )}
      </DropZone>
      {error ? <Problem error={error} /> : null}
    </div>
  );
}
