/** Back and forth through training: a slider over its moments, and a button that plays them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { formatCount } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import type { Moment } from "./snapshots.ts";

/** How long a moment is shown while it plays; a longer list goes in steps of several. */
const FRAME_MS = 90;
const MOST_FRAMES = 80;

export interface Scrubbing {
  readonly moment: Moment | null;
  /** Its place among the moments. */
  readonly index: number;
  /** Whether the newest moment is shown as they come. */
  readonly isNewest: boolean;
  goTo(index: number): void;
}

/** The moment that is looked at: the newest one, until another is chosen. */
export function useScrubbing(snapshots: readonly Moment[]): Scrubbing {
  const [chosen, setChosen] = useState<string | null>(null);
  const found = chosen === null ? -1 : snapshots.findIndex(({ id }) => id === chosen);
  const index = found < 0 ? snapshots.length - 1 : found;
  return {
    moment: snapshots[index] ?? null,
    index,
    isNewest: found < 0,
    goTo: (next) => setChosen(next >= snapshots.length - 1 ? null : (snapshots[next]?.id ?? null)),
  };
}

export interface ScrubberProps {
  readonly snapshots: readonly Moment[];
  readonly scrubbing: Scrubbing;
  /** Id of the moment that is drawn: playing goes on when it is. */
  readonly drawn: string | null;
  readonly epochs: number;
  readonly isTraining: boolean;
}

export function Scrubber({ snapshots, scrubbing, drawn, epochs, isTraining }: ScrubberProps) {
  const { moment, index, isNewest, goTo } = scrubbing;
  const playing = usePlaying(snapshots, scrubbing, drawn);
  const many = snapshots.length > 1;
  const text = momentText(moment, epochs);
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
        aria-label="Moment of the training"
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

function momentText(moment: Moment | null, epochs: number): string {
  if (!moment) return "No checkpoint yet";
  if (moment.epoch === null) return "The model";
  return `Epoch ${formatCount(moment.epoch)} of ${formatCount(epochs)}${moment.isFinal ? ", the model" : ""}`;
}

function usePlaying(snapshots: readonly Moment[], { index, moment, goTo }: Scrubbing, drawn: string | null) {
  const [on, setOn] = useState(false);
  const latest = useRef({ index, goTo });
  latest.current = { index, goTo };
  const last = snapshots.length - 1;
  const step = Math.max(1, Math.ceil(snapshots.length / MOST_FRAMES));
  useEffect(() => {
    if (!on || drawn !== moment?.id) return;
    if (index >= last) {
      setOn(false);
      return;
    }
    const timer = setTimeout(() => latest.current.goTo(Math.min(last, latest.current.index + step)), FRAME_MS);
    return () => clearTimeout(timer);
  }, [on, drawn, moment?.id, index, last, step]);
  return {
    on,
    stop: () => setOn(false),
    toggle: () => {
      if (!on && index >= last) goTo(0);
      setOn(!on);
    },
  };
}
