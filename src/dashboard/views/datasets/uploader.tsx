/** Brings a table to the server: dropped, or chosen, with how far it is and what is wrong with it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import { formatBytes, formatShare } from "../../shell/format.ts";
import { Progress } from "../../ui/state-badge.tsx";
import { Problem } from "../../ui/surfaces.tsx";
import { DropZone } from "./drop-zone.tsx";
import { TABLE_ENDINGS, type Upload, useSendTable } from "./upload.ts";

interface Sending {
  readonly file: File;
  readonly share: number;
}

export function Uploader({ onUploaded }: { readonly onUploaded: (dataset: Dataset) => void }) {
  const sendTable = useSendTable();
  const [sending, setSending] = useState<Sending | null>(null);
  const [error, setError] = useState<unknown>(null);
  const upload = useRef<Upload | null>(null);
  useEffect(() => () => upload.current?.abort(), []);
  const take = async (file: File): Promise<void> => {
    setError(null);
    setSending({ file, share: 0 });
    upload.current = sendTable(file, file.name, (share) => setSending({ file, share }));
    try {
      onUploaded(await upload.current.done);
    } catch (fault) {
      setError(fault);
    }
    upload.current = null;
    setSending(null);
  };
  return (
    <div class="stack">
      <DropZone action="Choose a file" accept={TABLE_ENDINGS} busy={sending !== null} onFile={(file) => void take(file)}>
        {sending ? (
          <div class="sending">
            <p class="truncate" role="status">
              {sending.file.name}, {formatBytes(sending.file.size)}:{" "}
              {sending.share < 1 ? `${formatShare(sending.share)} sent` : "the server reads it"}
            </p>
            <Progress share={sending.share} tone="active" label="Sent" />
          </div>
        ) : (
          <p>
            Drop a table here: <strong>CSV, NDJSON, JSON or Parquet</strong>, packed by gzip or not.
          </p>
        )}
      </DropZone>
      {error ? <Problem error={error} /> : null}
    </div>
  );
}
