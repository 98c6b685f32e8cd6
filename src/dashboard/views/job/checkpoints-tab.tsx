/** The checkpoints of a job, newest first. Each can predict, and start another training. */
import { useState } from "preact/hooks";
import type { Checkpoint, Job } from "../../../client/answers.ts";
import { weightsPath } from "../../../client/models.ts";
import { stepName } from "../../../client/search.ts";
import { useApp } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatBytes, formatCount, formatTime } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Card, Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const REASONS: Readonly<Record<Checkpoint["reason"], string>> = {
  interval: "on schedule",
  best: "best so far",
  pause: "paused",
  stop: "server stopped",
};
const LIMIT = 200;

export function CheckpointsTab({ job }: { readonly job: Job }) {
  const { api, toasts } = useApp();
  // Read again with each change of the job's state and each tenth of its epochs.
  const { data, error, reload } = useResource(
    (signal) => api.checkpoints(job.id, { limit: LIMIT }, { signal }),
    [job.id, job.state, Math.floor(job.progress * 10)],
  );
  const [removing, setRemoving] = useState<Checkpoint | null>(null);
  const now = useNow(5000);
  const remove = async ({ id }: Checkpoint): Promise<void> => {
    try {
      await api.removeCheckpoint(id);
      reload();
    } catch (fault) {
      toasts.fail(fault);
    }
  };
  if (error && !data) return <Problem error={error} retry={reload} />;
  return (
    <Card title="Checkpoints" flush>
      {data ? (
        <Table
          caption="Checkpoints"
          columns={columnsOf(job, now, (ref) => api.urlOf(weightsPath(ref)), setRemoving)}
          rows={data.data}
          keyOf={({ id }) => id}
          empty={
            <Empty icon="flag" title="No checkpoints">
              A job writes checkpoints while it trains, as <code>checkpoint</code> in its spec says, and when it is paused.
            </Empty>
          }
        />
      ) : (
        <div class="card-body">
          <Skeleton height="120px" />
        </div>
      )}
      {removing && (
        <Confirm
          title="Delete this checkpoint?"
          action="Delete"
          icon="trash"
          danger
          onClose={() => setRemoving(null)}
          onConfirm={() => void remove(removing)}
        >
          The job can no longer resume from {stepName(job.spec)} {formatCount(removing.epoch)}.
        </Confirm>
      )}
    </Card>
  );
}

function columnsOf(
  job: Job,
  now: number,
  weightsUrl: (ref: string) => string,
  onRemove: (checkpoint: Checkpoint) => void,
): readonly Column<Checkpoint>[] {
  const step = stepName(job.spec);
  // The head of the page names the best of all epochs, but not every epoch leaves a checkpoint.
  const lowest = Number((job.metrics?.lowest ?? job.metrics?.best)?.epoch ?? Number.NaN);
  const isLowest = (epoch: number) => Number.isNaN(lowest) || epoch === lowest;
  return [
    {
      key: "epoch",
      title: step === "epoch" ? "Epoch" : "Candidate",
      numeric: true,
      sortBy: ({ epoch }) => epoch,
      render: ({ epoch, step }) => `${formatCount(epoch)}${step > 0 ? `, step ${formatCount(step)}` : ""}`,
    },
    {
      key: "reason",
      title: "Why",
      sortBy: ({ reason }) => reason,
      render: ({ reason }) => <span class="nowrap">{REASONS[reason] ?? reason}</span>,
    },
    {
      key: "best",
      title: "Best",
      render: ({ is_best, epoch }) =>
        is_best ? (
          <>
            <span class="badge" data-tone="ok">
              <Icon name="check" size={14} />
              {isLowest(epoch) ? "best" : "best of these"}
            </span>
            {!isLowest(epoch) && <span class="muted nowrap">{` ${step} ${formatCount(lowest)} was better`}</span>}
          </>
        ) : null,
    },
    { key: "bytes", title: "Size", numeric: true, sortBy: ({ bytes }) => bytes, render: ({ bytes }) => formatBytes(bytes) },
    { key: "sha256", title: "Weights", render: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 12)}</code> },
    {
      key: "created",
      title: "Written",
      sortBy: ({ created_at }) => created_at,
      render: ({ created_at }) => <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span>,
    },
    {
      key: "menu",
      title: <span class="visually-hidden">Actions</span>,
      numeric: true,
      render: (checkpoint) => (
        <Menu
          label={`Checkpoint of ${step} ${checkpoint.epoch}`}
          icon="menu"
          items={[
            { label: "Predict with it", icon: "bolt", href: `/models/${checkpoint.id}` },
            // A search starts anew: there is no single network to continue with.
            ...(step === "epoch"
              ? [
                  {
                    label: "Continue training from it",
                    icon: "copy" as const,
                    href: `/new?from=${job.id}&init_from=${checkpoint.id}`,
                  },
                ]
              : []),
            { label: "Weights", note: "safetensors", icon: "download", href: weightsUrl(checkpoint.id), download: "" },
            { label: "Delete", icon: "trash", danger: true, onSelect: () => onRemove(checkpoint) },
          ]}
        />
      ),
    },
  ];
}
