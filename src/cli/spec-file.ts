/** The job spec of a command: from a file, with options over it; without a network if only a table is given. */
import type { Dataset, DatasetFormat, JobSpec } from "../client/index.ts";
import { CliError, usageError } from "./exit.ts";
import { readJson } from "./files.ts";

export interface TrainOptions {
  readonly data?: string;
  readonly format?: DatasetFormat;
  readonly target?: readonly string[];
  readonly features?: readonly string[];
  readonly exclude?: readonly string[];
  readonly task?: string;
  readonly validation?: number;
  readonly test?: number;
  readonly group?: string;
  readonly time?: string;
  /** Epochs without progress; 0 for none. */
  readonly earlyStopping?: number;
  readonly name?: string;
  readonly hidden?: string;
  readonly epochs?: number;
  readonly lr?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly trials?: number;
  readonly folds?: number;
  readonly watch?: boolean;
}

/** Defaults for a network that options describe: enough for the small sample tables. */
const DEFAULTS = { hidden: "16", epochs: 200, lr: 0.01, batchSize: 32 };

/** A spec as it was written; the server checks its content. */
export type WrittenSpec = Readonly<Record<string, unknown>>;

/** Reads a spec from a file; `-` is stdin. Rejects with a CliError for what is not a JSON object. */
export async function readSpec(path: string, input: NodeJS.ReadStream): Promise<WrittenSpec> {
  const spec = await readJson(path, "a spec", input);
  if (typeof spec === "object" && spec !== null && !Array.isArray(spec)) return spec as WrittenSpec;
  throw new CliError(`${path} is not a job spec: it must be a JSON object; to train on a table, add --target`);
}

/** Returns the spec to submit. Options win over the file. Throws a usage error for a wrong `--hidden`. */
export function specOf(written: WrittenSpec | null, dataset: Dataset | null, options: TrainOptions): JobSpec {
  const { name, epochs, lr, batchSize, seed, task, earlyStopping: patience } = options;
  const spec = {
    ...(written ?? modelOf(options)),
    ...(dataset && { data: { dataset: { ...datasetOf(written), ...sourceOf(dataset, options) } } }),
    ...(name === undefined ? (written ? {} : { name: dataset?.name }) : { name }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(batchSize === undefined ? {} : { batch_size: batchSize }),
    ...(seed === undefined ? {} : { seed }),
    ...splitOf(written, options),
    ...(task === undefined ? {} : { task }),
    ...(patience === undefined ? {} : { early_stopping: patience === 0 ? null : { patience } }),
    ...(lr === undefined ? {} : { optimizer: { ...(written?.optimizer ?? { type: "adam" }), lr } }),
  };
  return spec as JobSpec;
}

/** The file's own data set options, so that one spec can be used with many tables. */
function datasetOf(written: WrittenSpec | null): object {
  return (written?.data as { dataset?: object } | undefined)?.dataset ?? {};
}

/** How rows are held out if an option says so: the file's shares stay unless options replace them. */
function splitOf(written: WrittenSpec | null, { validation, test, group, time }: TrainOptions): object {
  const said = { validation, test, group, time };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { split: { ...(written?.split as object | undefined), ...Object.fromEntries(given) } };
}

function sourceOf({ id }: Dataset, { target, features, exclude }: TrainOptions): object {
  const plain = target?.length === 1 ? target[0] : target;
  return { id, ...(target && { target: plain }), ...(features && { features }), ...(exclude && { exclude }) };
}

/** A network if options describe one or its training, or cross-validate it; otherwise the server searches for the best. */
function modelOf(options: TrainOptions): WrittenSpec {
  const { hidden, epochs, lr, batchSize, trials, folds } = options;
  const isGiven = [hidden, epochs, lr, batchSize, folds].some((option) => option !== undefined);
  if (isGiven && trials !== undefined)
    throw usageError("--trials is only for a search: leave out --hidden, --epochs, --lr, --batch-size and --folds");
  if (isGiven) return networkOf(hidden ?? DEFAULTS.hidden);
  return trials === undefined ? {} : { model: { auto: { trials } } };
}

function networkOf(hidden: string): WrittenSpec {
  const units = hidden.split(",").map(Number);
  if (units.some((count) => !Number.isInteger(count) || count < 0)) {
    throw usageError(`--hidden must be whole numbers separated by commas, not ${hidden}`);
  }
  const layers = units.filter((count) => count > 0).flatMap((count) => [{ type: "linear", units: count }, { type: "relu" }]);
  return {
    model: { layers: [...layers, { type: "linear" }] },
    optimizer: { type: "adam", lr: DEFAULTS.lr },
    epochs: DEFAULTS.epochs,
    batch_size: DEFAULTS.batchSize,
  };
}
