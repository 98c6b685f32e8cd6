/** The form of the training: optimiser, learning rate, epochs, early stopping, checkpoints. */

import { isObject, valueAt } from "../../request/draft.ts";
import { Check, SelectField } from "../../ui/field.tsx";
import { Card } from "../../ui/surfaces.tsx";
import { NumberAt, TextAt, useSpecForm } from "./form-context.tsx";

const OPTIMIZERS = ["adam", "adamw", "sgd", "rmsprop", "nadam", "adagrad", "adadelta"];
const WITH_MOMENTUM = ["sgd", "rmsprop"];

const LOSSES = [
  { value: "", label: "Default of the task" },
  { value: "mse", label: "Mean squared error" },
  { value: "l1", label: "Mean absolute error" },
  { value: "huber", label: "Huber" },
  { value: "pinball", label: "Pinball, of quantiles" },
  { value: "bce", label: "Binary cross-entropy" },
  { value: "bce_with_logits", label: "Binary cross-entropy with logits" },
  { value: "cross_entropy", label: "Cross-entropy" },
];

const SCHEDULES = [
  { value: "", label: "Constant" },
  { value: "cosine_annealing_lr", label: "Cosine, down to 0" },
  { value: "step_lr", label: "Steps" },
  { value: "exponential_lr", label: "Exponential" },
  { value: "reduce_lr_on_plateau", label: "Lower on a plateau" },
  { value: "one_cycle_lr", label: "One cycle" },
];

export function TrainingSection() {
  const { spec, set } = useSpecForm();
  const optimizer = valueAt(spec, "/optimizer/type");
  const hasMomentum = WITH_MOMENTUM.includes(String(optimizer));
  const lr = valueAt(spec, "/optimizer/lr");
  return (
    <Card title="Training">
      <div class="stack">
        <div class="form-grid">
          <TextAt pointer="/name" label="Name" placeholder="from the data" hint="The model gets it too" />
          <KindField
            pointer="/optimizer"
            label="Optimiser"
            options={OPTIMIZERS.map((value) => ({ value, label: value }))}
            fresh={(type) => ({ type, ...(typeof lr === "number" ? { lr } : {}) })}
          />
          <NumberAt pointer="/optimizer/lr" label="Learning rate" placeholder="default" />
          {hasMomentum && <NumberAt pointer="/optimizer/momentum" label="Momentum" placeholder="0" />}
          <NumberAt pointer="/optimizer/weight_decay" label="Weight decay" placeholder="0" />
          <NumberAt pointer="/epochs" label="Epochs" placeholder="100" step={1} />
          <NumberAt pointer="/batch_size" label="Batch size" placeholder="all rows" step={1} />
          <KindField pointer="/loss" label="Loss" options={LOSSES} fresh={(type) => ({ type })} />
          <KindField
            pointer="/scheduler"
            label="Learning rate by epoch"
            options={SCHEDULES}
            fresh={(type) => freshSchedule(type, valueAt(spec, "/epochs"), lr)}
          />
          <NumberAt pointer="/seed" label="Seed" placeholder="0" step={1} hint="The same seed gives the same bits" />
        </div>
        <EarlyStopping />
        <Checkpoints set={set} />
      </div>
    </Card>
  );
}

interface KindFieldProps {
  /** The pointer of an object with a `type`. */
  readonly pointer: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  fresh(type: string): { readonly type: string };
}

/** A choice of type; another type starts with its own defaults. */
function KindField({ pointer, label, options, fresh }: KindFieldProps) {
  const form = useSpecForm();
  const type = valueAt(form.spec, `${pointer}/type`);
  const known = options.some(({ value }) => value === (type ?? ""));
  return (
    <ChoiceAtKind
      pointer={pointer}
      label={label}
      value={typeof type === "string" ? type : ""}
      options={known ? options : [{ value: String(type ?? ""), label: String(type ?? "default") }, ...options]}
      onChange={(next) => form.set(pointer, next === "" ? undefined : fresh(next))}
    />
  );
}

interface ChoiceAtKindProps {
  readonly pointer: string;
  readonly label: string;
  readonly value: string;
  readonly options: KindFieldProps["options"];
  onChange(value: string): void;
}

function ChoiceAtKind({ pointer, label, value, options, onChange }: ChoiceAtKindProps) {
  const { faults } = useSpecForm();
  return (
    <SelectField
      label={label}
      value={value}
      options={options}
      error={faults.get(pointer) ?? faults.get(`${pointer}/type`) ?? null}
      onChange={onChange}
    />
  );
}

/** Schedules whose options have no default get values that suit the job. */
function freshSchedule(type: string, epochs: unknown, lr: unknown) {
  const total = typeof epochs === "number" ? epochs : 100;
  if (type === "cosine_annealing_lr") return { type, t_max: total };
  if (type === "step_lr") return { type, step_size: Math.max(1, Math.round(total / 3)), gamma: 0.3 };
  if (type === "exponential_lr") return { type, gamma: 0.995 };
  if (type === "one_cycle_lr")
    return { type, max_lr: typeof lr === "number" ? lr * 3 : 0.01, total_steps: Math.max(10, total) };
  return { type };
}

/** A data set stops early by default, so that there the box is ticked, and clearing it says so in the spec. */
function EarlyStopping() {
  const { spec, set } = useSpecForm();
  const given = valueAt(spec, "/early_stopping");
  const isDefault = isObject(valueAt(spec, "/data/dataset")) && valueAt(spec, "/split/validation") !== 0;
  const on = given === undefined ? isDefault : isObject(given);
  const toggled = (next: boolean) => (isDefault ? (next ? undefined : null) : next ? { patience: 30 } : undefined);
  return (
    <div class="row wrap option-row">
      <Check label="Stop when it no longer improves" checked={on} onChange={(next) => set("/early_stopping", toggled(next))} />
      {on && (
        <NumberAt
          pointer="/early_stopping/patience"
          label="Epochs without improvement"
          placeholder={given === undefined ? "a tenth" : "10"}
          step={1}
        />
      )}
    </div>
  );
}

/** Checkpoints often enough to replay the training. */
function Checkpoints({ set }: Pick<ReturnType<typeof useSpecForm>, "set">) {
  const { spec } = useSpecForm();
  const every = valueAt(spec, "/checkpoint/every_epochs");
  const on = typeof every === "number";
  const epochs = valueAt(spec, "/epochs");
  const step = Math.max(1, Math.ceil((typeof epochs === "number" ? epochs : 100) / 50));
  return (
    <div class="row wrap option-row">
      <Check
        label="Keep checkpoints, to replay the training"
        checked={on}
        onChange={(next) => set("/checkpoint", next ? { every_epochs: step, min_seconds: 0, keep: 60 } : undefined)}
      />
      {on && <NumberAt pointer="/checkpoint/every_epochs" label="Epochs between checkpoints" step={1} />}
    </div>
  );
}
