/** The head of an axis and its brush: dragged with a pointer, or by two handles that keys move. */
import { useRef, useState } from "preact/hooks";
import { type Brush, brushBetween, sharesOf } from "../brushes.ts";
import type { TrialAxis } from "./axes.ts";

export interface AxisBrushProps {
  readonly axis: TrialAxis;
  readonly brush: Brush | undefined;
  /** The axis in px of the sheet, and how wide its name may be. */
  readonly left: number;
  readonly top: number;
  readonly height: number;
  readonly room: number;
  onBrush(brush: Brush | null): void;
}

export function AxisBrush({ axis, brush, left, top, height, room, onBrush }: AxisBrushProps) {
  const strip = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const [from, to] = sharesOf(axis, brush);
  const shareAt = (event: PointerEvent): number => {
    const box = strip.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, 1 - (event.clientY - box.top) / box.height)) : 0;
  };
  const between = (a: number, b: number) => onBrush(brushBetween(axis, a, b));
  return (
    <div class="axis" style={{ left: `${left}px`, top: `${top}px`, height: `${height}px` }} data-brushed={brush !== undefined}>
      <span class="axis-name truncate" title={axis.name} style={{ maxWidth: `${room}px` }}>
        {axis.label}
        {axis.isLog && <small> log</small>}
      </span>
      <div
        class="axis-strip"
        ref={strip}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag(shareAt(event));
        }}
        onPointerMove={(event) => {
          if (drag !== null && Math.abs(shareAt(event) - drag) * height > 3) between(...reaching(axis, drag, shareAt(event)));
        }}
        onPointerUp={(event) => {
          // A press without a drag lifts the brush.
          if (drag !== null && Math.abs(shareAt(event) - drag) * height <= 3) onBrush(null);
          setDrag(null);
        }}
        onPointerCancel={() => setDrag(null)}
      >
        {brush && (
          <div class="axis-range" style={{ top: `${(1 - to) * 100}%`, height: `${Math.max(0.5, (to - from) * 100)}%` }} />
        )}
      </div>
      <Edge
        axis={axis}
        kind="to"
        share={to}
        other={from}
        onMove={(share) => between(from, share)}
        onLift={() => onBrush(null)}
      />
      <Edge
        axis={axis}
        kind="from"
        share={from}
        other={to}
        onMove={(share) => between(share, to)}
        onLift={() => onBrush(null)}
      />
    </div>
  );
}

/** A drag over options reaches those near its ends. */
function reaching(axis: TrialAxis, a: number, b: number): [number, number] {
  const margin = axis.options ? axis.step / 4 : 0;
  return [Math.min(a, b) - margin, Math.max(a, b) + margin];
}

interface EdgeProps {
  readonly axis: TrialAxis;
  readonly kind: "from" | "to";
  readonly share: number;
  readonly other: number;
  onMove(share: number): void;
  onLift(): void;
}

/** One end of a brush, as a slider. */
function Edge({ axis, kind, share, other, onMove, onLift }: EdgeProps) {
  const move = (event: KeyboardEvent) => {
    const limit = kind === "to" ? [other, 1] : [0, other];
    const to = (next: number) => onMove(Math.min(limit[1] as number, Math.max(limit[0] as number, next)));
    const steps: Readonly<Record<string, () => void>> = {
      ArrowUp: () => to(share + axis.step),
      ArrowRight: () => to(share + axis.step),
      ArrowDown: () => to(share - axis.step),
      ArrowLeft: () => to(share - axis.step),
      PageUp: () => to(share + Math.max(0.2, axis.step)),
      PageDown: () => to(share - Math.max(0.2, axis.step)),
      Home: () => to(0),
      End: () => to(1),
      Escape: onLift,
    };
    const act = steps[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  return (
    <span
      class={`axis-edge ${kind}`}
      role="slider"
      tabIndex={0}
      aria-label={`${axis.name}, ${kind === "from" ? "at least" : "at most"}`}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={axis.format(axis.valueAt(share))}
      style={{ top: `${(1 - share) * 100}%` }}
      onKeyDown={move}
    />
  );
}
