/** A request body to a job that can run: parse, validate, resolve, size. Runs in a thread: a body may be many megabytes. */
import { createHash } from "node:crypto";
import { type FieldError, pointerOf } from "../domain/errors.ts";
import type { Limits } from "../domain/limits.ts";
import type { Prepared } from "../domain/ports.ts";
import { fieldErrors, type JobSpec, jobSpec, MAX_FIELD_ERRORS, type ResolvedSpec } from "../domain/spec.ts";
import { elementCount, packTensors, type TensorEntry, type TensorSet } from "../domain/tensor.ts";
import type { Network } from "../engine/index.ts";
import { memoryEstimate } from "./build.ts";
import { generatorShape } from "./generate.ts";
import { networkOf } from "./network.ts";
import { type DataShape, resolve } from "./resolve.ts";
import { inferTask, readTargets } from "./targets.ts";

type Tensor = TensorEntry & { readonly values: ArrayLike<number> };

/** Names of the tensors in a job's payload. Initial weights follow, under their own names after this prefix. */
export const PAYLOAD = { features: "data.features", targets: "data.targets", initial: "init." } as const;

const MALFORMED = (detail: string): Prepared => ({ ok: false, code: "malformed", errors: [{ pointer: "", detail }] });
const INVALID = (errors: readonly FieldError[]): Prepared => ({
  ok: false,
  code: "invalid",
  errors: errors.slice(0, MAX_FIELD_ERRORS),
});

/** Everything that submit needs to know of a body of UTF-8 JSON, or every reason why it cannot be a job. */
export function prepareJob(body: Uint8Array, limits: Limits): Prepared {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    return MALFORMED(`the body is not JSON: ${(error as Error).message}`);
  }
  const parsed = jobSpec.safeParse(json);
  if (!parsed.success) return INVALID(fieldErrors(parsed.error));
  return prepareSpec(parsed.data, limits);
}

function prepareSpec(spec: JobSpec, limits: Limits): Prepared {
  const data = "generator" in spec.data ? describeGenerator(spec) : describeInline(spec);
  if (data.errors.length > 0 || !data.shape) return INVALID(data.errors);
  const { shape, tensors } = data;
  if (shape.rows > limits.rows) {
    return INVALID([
      {
        pointer: data.rowsPointer,
        detail: `${shape.rows} rows are more than the limit of ${limits.rows} (TRAINYARD_MAX_ROWS)`,
      },
    ]);
  }
  const { resolution, errors } = resolve(spec, shape);
  if (errors.length > 0) return INVALID(errors);
  const network = networkOf(resolution.model.layers, shape.featureWidth);
  const parameters = network.parameters.reduce((total, parameter) => total + elementCount(parameter.shape), 0);
  if (parameters > limits.parameters) {
    return INVALID([
      {
        pointer: "/model/layers",
        detail: `${parameters} parameters are more than the limit of ${limits.parameters} (TRAINYARD_MAX_PARAMETERS)`,
      },
    ]);
  }
  const initial = spec.init_from ? stateDictErrors(spec.init_from.state_dict, network) : [];
  if (initial.length > 0) return INVALID(initial);
  const resolved = resolvedSpecOf(spec, resolution, shape, tensors);
  const memoryBytes = memoryEstimate(resolved, shape);
  if (memoryBytes > limits.jobMemoryBytes) {
    const detail = `training needs ${memoryBytes} bytes, more than the limit of ${limits.jobMemoryBytes} (TRAINYARD_MAX_JOB_MEMORY_BYTES): use a smaller batch_size, fewer rows or narrower layers`;
    return INVALID([{ pointer: "", detail }]);
  }
  const payload = payloadOf(tensors, spec);
  return { ok: true, spec: resolved, parameters, memoryBytes, rows: shape.rows, classes: shape.classes, payload };
}

interface Described {
  readonly shape: DataShape | null;
  readonly tensors: readonly Tensor[];
  readonly rowsPointer: string;
  readonly errors: readonly FieldError[];
}

function describeGenerator(spec: JobSpec): Described {
  const { generator } = spec.data as Extract<JobSpec["data"], { generator: unknown }>;
  const { task, featureWidth, classes } = generatorShape(generator);
  const errors: FieldError[] = [];
  if (spec.task && spec.task !== task)
    errors.push({ pointer: "/task", detail: `${generator.type} makes data for ${task}: say so, or leave task out` });
  const labels = Array.from({ length: classes }, (_, index) => String(index));
  const shape = { task, classes: labels, rows: generator.samples, featureWidth, targetWidth: 1 };
  return { shape, tensors: [], rowsPointer: "/data/generator/samples", errors };
}

function describeInline(spec: JobSpec): Described {
  const { features, targets } = (spec.data as Extract<JobSpec["data"], { inline: unknown }>).inline;
  const rowsPointer = "/data/inline/features";
  const failed = (errors: FieldError[]): Described => ({ shape: null, tensors: [], rowsPointer, errors });
  const width = (features[0] as number[]).length;
  const errors = features.flatMap((row, index): FieldError[] =>
    row.length === width
      ? []
      : [{ pointer: `${rowsPointer}/${index}`, detail: `has ${row.length} features where row 0 has ${width}` }],
  );
  if (targets.length !== features.length) {
    errors.push({
      pointer: "/data/inline/targets",
      detail: `has ${targets.length} rows where features has ${features.length}`,
    });
  }
  if (errors.length > 0) return failed(errors);
  const task = spec.task ?? inferTask(spec, targets);
  const stated = spec.model.layers.findLast((layer) => layer.type === "linear")?.units;
  const read = readTargets(task, targets, stated);
  if (!read.ok) return failed(read.errors);
  const { classes, width: targetWidth, values } = read.targets;
  const rows = features.length;
  const flat = new Float32Array(rows * width);
  features.forEach((row, index) => {
    flat.set(row, index * width);
  });
  const tensors = [
    { name: PAYLOAD.features, shape: [rows, width], values: flat },
    { name: PAYLOAD.targets, shape: [rows, targetWidth], values },
  ];
  return { shape: { task, classes, rows, featureWidth: width, targetWidth }, tensors, rowsPointer, errors };
}

function stateDictErrors(stateDict: NonNullable<JobSpec["init_from"]>["state_dict"], network: Network): FieldError[] {
  const base = ["init_from", "state_dict"];
  const expected = new Map(network.tensors.map(({ name, shape }) => [name, shape]));
  const errors: FieldError[] = [];
  for (const [name, shape] of expected) {
    const given = stateDict[name];
    const wanted = `[${shape.join(", ")}]`;
    if (!given)
      errors.push({
        pointer: pointerOf([...base, name]),
        detail: `is missing: the network has a tensor ${name} of shape ${wanted}`,
      });
    else if (given.shape.join() !== shape.join())
      errors.push({ pointer: pointerOf([...base, name, "shape"]), detail: `must be ${wanted}` });
    else if (given.data.length !== elementCount(shape)) {
      errors.push({
        pointer: pointerOf([...base, name, "data"]),
        detail: `has ${given.data.length} values; ${wanted} takes ${elementCount(shape)}`,
      });
    }
  }
  for (const name of Object.keys(stateDict)) {
    if (!expected.has(name) && !name.endsWith(".num_batches_tracked"))
      errors.push({
        pointer: pointerOf([...base, name]),
        detail: `is not a parameter or buffer of this network: it has ${[...expected.keys()].join(", ")}`,
      });
  }
  return errors;
}

function resolvedSpecOf(
  spec: JobSpec,
  resolution: ReturnType<typeof resolve>["resolution"],
  shape: DataShape,
  tensors: readonly Tensor[],
): ResolvedSpec {
  const data =
    "generator" in spec.data
      ? spec.data
      : {
          inline: {
            rows: shape.rows,
            features: shape.featureWidth,
            targets: shape.targetWidth,
            sha256: sha256Of(packTensors(tensors).data),
          },
        };
  const init_from = spec.init_from && {
    state_dict: Object.fromEntries(
      Object.entries(spec.init_from.state_dict).map(([name, { shape: size }]) => [name, { shape: size }]),
    ),
  };
  const name = spec.name ?? ("generator" in spec.data ? spec.data.generator.type : "inline");
  return { ...spec, name, data, init_from, ...resolution };
}

function payloadOf(tensors: readonly Tensor[], spec: JobSpec): TensorSet | null {
  const weights = Object.entries(spec.init_from?.state_dict ?? {});
  const initial = weights.map(([name, { shape, data }]) => ({ name: `${PAYLOAD.initial}${name}`, shape, values: data }));
  return tensors.length + initial.length > 0 ? packTensors([...tensors, ...initial]) : null;
}

/** SHA-256 of float32 values in little-endian order (which is the order of every machine that Node runs on). */
export function sha256Of(values: Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}
