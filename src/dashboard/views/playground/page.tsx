/** The playground: a network trains in this page while its settings change, on generated rows or on two columns of a table. */
import { useMemo, useState } from "preact/hooks";
import type { TrainerSetup } from "../../playground/messages.ts";
import {
  datasetIdOf,
  generatorOf,
  jobOf,
  layersOf,
  MAX_CLASSES,
  MAX_LAYERS,
  MAX_ROWS,
  MAX_UNITS,
  optimizerOf,
  queryFor,
  type Settings,
  SHAPES,
  settingsFrom,
} from "../../playground/options.ts";
import { type Trainer, useTrainer } from "../../playground/use-trainer.ts";
import { type JsonObject, textOf } from "../../request/draft.ts";
import { RequestView } from "../../request/request-view.tsx";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { formatCount } from "../../shell/format.ts";
import { useShortcuts } from "../../shell/shortcuts.ts";
import type { ViewProps } from "../../shell/view.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Notice, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { Picture } from "./picture.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { type TableRows, useTableRows } from "./table-source.ts";

/** Epochs of a job that was asked for before anything was trained. */
const FIRST_EPOCHS = 300;

const SPEEDS = [
  { value: "1", label: "1 epoch a frame" },
  { value: "5", label: "5 epochs a frame" },
  { value: "10000", label: "As fast as it goes" },
];

export default function PlaygroundPage({ query }: ViewProps) {
  const { router } = useApp();
  useTitle("Playground");
  const text = query.toString();
  const settings = useMemo(() => settingsFrom(new URLSearchParams(text)), [text]);
  const table = useTableRows(datasetIdOf(settings), settings);
  const setup = useSetup(settings, table);
  const [speed, setSpeed] = useState("1");
  const trainer = useTrainer(setup, { epochs: Number(speed), lr: Number(settings.lr) });
  const epochs = trainer.state?.frame.epoch || FIRST_EPOCHS;
  const job = useMemo(() => jobFor(settings, table, epochs), [settings, table.chosen, table.task, epochs]);
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Playground</h1>
        <div class="actions">{job && <TrainAsJob job={job} />}</div>
      </div>
      <p class="muted">
        It trains in this page and stores nothing. The address keeps the settings. Limits: {formatCount(MAX_ROWS)} rows,{" "}
        {MAX_CLASSES} labels, {MAX_LAYERS} hidden layers of {MAX_UNITS} units.
      </p>
      {table.error ? <Problem error={table.error} /> : null}
      <div class="play">
        <section class="card card-body stack play-main" aria-label="Training">
          <Controls trainer={trainer} speed={speed} onSpeed={setSpeed} />
          {trainer.error !== null && (
            <Notice tone="bad" icon="alert">
              {trainer.error}
            </Notice>
          )}
          {trainer.state?.frame.diverged && (
            <Notice tone="warn" icon="alert">
              The loss is not finite any more. Choose a lower learning rate and start again.
            </Notice>
          )}
          {trainer.state ? (
            <Picture state={trainer.state} playing={trainer.playing} names={namesOf(table)} />
          ) : (
            !table.error && <Skeleton height="420px" />
          )}
          {table.note && <p class="muted">{table.note}</p>}
        </section>
        <SettingsForm settings={settings} chosen={table.chosen} onChange={(change) => router.setQuery(queryFor(change))} />
      </div>
      {job && (
        <details class="card request-behind">
          <summary>The request behind it</summary>
          <RequestView spec={job} text={textOf(job)} isSweep={false} />
        </details>
      )}
    </div>
  );
}

/** The setup of the settings, the same object for as long as nothing that restarts the training changes. */
function useSetup(settings: Settings, { source }: TableRows): TrainerSetup | null {
  const { lr: _, x: __, y: ___, target: ____, ...restarting } = settings;
  const key = JSON.stringify(restarting);
  return useMemo(() => {
    const generator = generatorOf(settings);
    if (!generator && !source) return null;
    return {
      source: generator ? { generator } : { table: source as NonNullable<typeof source> },
      layers: layersOf(settings),
      optimizer: optimizerOf(settings),
      batchSize: Number(settings.batch),
      validation: Number(settings.validation),
      seed: settings.seed,
    };
  }, [key, source]);
}

function namesOf({ chosen }: TableRows): readonly [string, string, string] {
  return chosen ? [chosen.x, chosen.y, chosen.target] : ["first feature", "second feature", "the class"];
}

function jobFor(settings: Settings, { chosen, task }: TableRows, epochs: number): JsonObject | null {
  if (datasetIdOf(settings) === null)
    return jobOf(settings, SHAPES.find(({ value }) => value === settings.data)?.value ?? "", epochs);
  if (!chosen || !task) return null;
  const { x, y, target, dataset } = chosen;
  return jobOf({ ...settings, x, y, target }, dataset.name, epochs, task);
}

interface ControlsProps {
  readonly trainer: Trainer;
  readonly speed: string;
  onSpeed(speed: string): void;
}

function Controls({ trainer, speed, onSpeed }: ControlsProps) {
  const { shortcuts } = useApp();
  const { state, playing, play, step, reset } = trainer;
  const group = "Playground";
  useShortcuts(
    shortcuts,
    [
      { keys: "t", label: "Train or pause", group, run: () => play(!playing) },
      { keys: "s", label: "Train one epoch", group, run: step },
      { keys: "r", label: "Start again", group, run: reset },
    ],
    [playing],
  );
  const isReady = state !== null;
  return (
    <div class="play-controls">
      <Button variant="primary" icon={playing ? "pause" : "play"} disabled={!isReady} onClick={() => play(!playing)}>
        {playing ? "Pause" : "Train"}
      </Button>
      <Button icon="arrow_right" disabled={!isReady} onClick={step}>
        Step
      </Button>
      <Button icon="refresh" disabled={!isReady} onClick={reset}>
        Reset
      </Button>
      <SelectField label="Speed" value={speed} options={SPEEDS} onChange={onSpeed} />
      <p class="play-epoch">
        <span class="muted">Epoch</span>
        <strong class="num">{formatCount(state?.frame.epoch ?? 0)}</strong>
        <span class="muted">{isReady && `${formatCount(state.parameters)} parameters`}</span>
      </p>
    </div>
  );
}

function TrainAsJob({ job }: { readonly job: JsonObject }) {
  const { api, board, router, toasts } = useApp();
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      const created = await api.submit(textOf(job));
      board.put(created);
      router.navigate(`/jobs/${created.id}`);
    } catch (error) {
      toasts.fail(error);
      setBusy(false);
    }
  };
  return (
    <Button icon="plus" busy={busy} onClick={() => void submit()}>
      Train it as a job
    </Button>
  );
}
