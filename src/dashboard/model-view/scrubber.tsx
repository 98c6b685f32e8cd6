/** A slider over the snapshots of a training, and a button that plays them. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { StepName } from "../../client/search.ts";
import { formatCount } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import type { Snapshot } from "./snapshots.ts";

/** How long each snapshot is shown while playing, and how many are: of a longer list, every n-th. */
const FRAME_MS = 90;
const MAX_FRAMES = 80;

export interface Scrubbing {
  readonly snapshot: Snapshot | null;
  /** Its index among the snapshots. */
  readonly index: number;
  /** Whether the newest snapshot is shown, whichever that is. */
  readonly isNewest: boolean;
  goTo(index: number): void;
}

/** Keeps which snapshot is shown: the newest one, until another is chosen. */
export function useScrubbing(snapshots: readonly Snapshot[]): Scrubbing {
  const [chosen, setChosen] = useState<string | null>(null);
  const found = chosen === null ? -1 : snapshots.findIndex(({ id }) => id === chosen);
  const index = found < 0 ? snapshots.length - 1 : found;
  return {
    snapshot: snapshots[index] ?? null,
    index,
    isNewest: found < 0,
    goTo: (next) => setChosen(next >= snapshots.length - 1 ? null : (snapshots[next]?.id ?? null)),
  };
}

export interface ScrubberProps {
  readonly snapshots: readonly Snapshot[];
  readonly scrubbing: Scrubbing;
  /** Id of the snapshot that is drawn: playing continues once it is. */
  readonly drawn: string | null;
  readonly epochs: number;
  /** The name of an epoch. */
  readonly step: StepName;
  readonly isTraining: boolean;
}

export function Scrubber({ snapshots, scrubbing, drawn, epochs, step, isTraining }: ScrubberProps) {
  const { snapshot, index, isNewest, goTo } = scrubbing;
  const playing = usePlaying(snapshots, scrubbing, drawn);
  const many = snapshots.length > 1;
  const text = snapshotText(snapshot, epochs, step);
  return (
    <div class="scrubber">
      <Button
        icon={playing.on ? "pause" : "play"}
        label={playing.on ? "Stop playing" : "Play the training"}
        disabled={!many}
        onClick={playing.toggle}
      />
      <input
        type="range"
        aria-label="Snapshot of the training"
        aria-valuetext={text}
        min={0}
        max={Math.max(snapshots.length - 1, 1)}
        step={1}
        value={many ? index : 1}
        disabled={!many}
        onInput={(event) => {
          playing.stop();
          goTo(Number(event.currentTarget.value));
        }}
      />
      <output class="scrubber-text">
        {text}
        {isTraining && isNewest && (
          <span class="badge" data-tone="active">
            live
          </span>
        )}
      </output>
    </div>
  );
}

function snapshotText(snapshot: Snapshot | null, epochs: number, step: ScrubberProps["step"]): string {
  if (!snapshot) return "No checkpoint yet";
  if (snapshot.epoch === null) return "The model";
  return `${step === "epoch" ? "Epoch" : "After candidate"} ${formatCount(snapshot.epoch)} of ${formatCount(epochs)}${snapshot.isFinal ? ", the model" : ""}`;
}

function usePlaying(snapshots: readonly Snapshot[], { index, snapshot, goTo }: Scrubbing, drawn: string | null) {
  const [on, setOn] = useState(false);
  const latest = useRef({ index, goTo });
  latest.current = { index, goTo };
  const last = snapshots.length - 1;
  const step = Math.max(1, Math.ceil(snapshots.length / MAX_FRAMES));
  useEffect(() => {
    if (!on || drawn !== snapshot?.id) return;
    if (index >= last) {
      setOn(false);
      return;
    }
    const timer = setTimeout(() => latest.current.goTo(Math.min(last, latest.current.index + step)), FRAME_MS);
    return () => clearTimeout(timer);
  }, [on, drawn, snapshot?.id, index, last, step]);
  return {
    on,
    stop: () => setOn(false),
    toggle: () => {
      if (!on && index >= last) goTo(0);
      setOn(!on);
    },
  };
}
