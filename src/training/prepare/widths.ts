/**
 * Infers the widths that a spec's layers leave out, and finds layers that do not accept the output of the layer before them.
 * Gets all shapes from the network itself.
 */
import type { FieldError } from "../../domain/errors.ts";
import { isLinear, type LinearLayer } from "../../domain/spec/layer-walks.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import { LayerError, type Network } from "../../engine/index.ts";

export interface Widths {
  /** The number of features of a row. */
  readonly features: number;
  /** The number of outputs that the network must have. */
  readonly outputs: number;
  /** The task that requires them, such as "multiclass_classification". */
  readonly task: string;
  /** Builds the network of the first layers, over the rows of this job. */
  networkOf(layers: readonly Layer[]): Network;
}

/** Returns the layers with all units stated. Adds faults to `errors`, each at its layer. */
export function resolveLayers(layers: readonly Layer[], widths: Widths, errors: FieldError[]): Layer[] {
  const before = errors.length;
  const resolved = resolveStack(layers, { pointer: "/model/layers", preceding: [], makesOutputs: true, widths, errors });
  if (errors.length === before) errors.push(...shapeErrors(resolved, widths));
  return resolved;
}

type Residual = Extract<Layer, { type: "residual" }>;
type Ensemble = Extract<Layer, { type: "ensemble" }>;
type MemberLayer = Ensemble["members"][number]["layers"][number];

/** The layers of a network or of a member of an ensemble. */
interface Stack {
  readonly pointer: string;
  /** The layers before the stack, on the way from the input to it. */
  readonly preceding: readonly Layer[];
  /** Whether the width of its last linear layer follows from the task. */
  readonly makesOutputs: boolean;
  readonly widths: Widths;
  readonly errors: FieldError[];
}

function resolveStack(layers: readonly Layer[], stack: Stack): Layer[] {
  const last = stack.makesOutputs ? layers.findLastIndex(holdsLinear) : -1;
  const resolved: Layer[] = [];
  layers.forEach((layer, index) => {
    const pointer = `${stack.pointer}/${index}`;
    const here = { ...stack, pointer, preceding: [...stack.preceding, ...resolved], makesOutputs: index === last };
    if (isLinear(layer)) resolved.push(resolveLinear(layer, here));
    else if (layer.type === "residual") resolved.push(resolveResidual(layer, here));
    else if (layer.type === "ensemble") resolved.push(resolveEnsemble(layer, here));
    else resolved.push(layer);
  });
  return resolved;
}

/** Whether the width of a layer's output is that of a linear layer: its own, or those within its members. */
const holdsLinear = (layer: Layer): boolean =>
  isLinear(layer) || (layer.type === "ensemble" && layer.members.some(({ layers }) => layers.some(holdsLinear)));

function resolveLinear(layer: LinearLayer, { pointer, makesOutputs, widths: { outputs, task }, errors }: Stack): LinearLayer {
  if (makesOutputs && layer.units !== undefined && layer.units !== outputs) {
    const detail = `is ${layer.units}, but ${task} with these targets needs ${outputs} outputs: set ${outputs}, or leave units out`;
    errors.push({ pointer: `${pointer}/units`, detail });
  }
  if (!makesOutputs && layer.units === undefined) errors.push({ pointer: `${pointer}/units`, detail: REQUIRED });
  return { ...layer, units: layer.units ?? outputs };
}

const REQUIRED = "is required: only the last linear layer's width follows from the task";

/** Gives the last inner linear layer the width of the residual layer's input, to which its output is added. */
function resolveResidual(layer: Residual, { pointer, preceding, widths: { networkOf }, errors }: Stack): Residual {
  const lastLinear = layer.layers.findLastIndex(isLinear);
  const open = layer.layers.flatMap((inner, index) => (isLinear(inner) && inner.units === undefined ? [index] : []));
  for (const index of open)
    if (index !== lastLinear) errors.push({ pointer: `${pointer}/layers/${index}/units`, detail: REQUIRED });
  if (open.length === 0 || errors.length > 0) return layer;
  const { network } = attempt(() => networkOf(preceding));
  const width = network?.outputShape.at(-1);
  return {
    ...layer,
    layers: layer.layers.map((inner, index) =>
      index === lastLinear && width !== undefined ? { ...inner, units: width } : inner,
    ) as Residual["layers"],
  };
}

/** Resolves each member as a network of its own between the layers before and after the ensemble. */
const resolveEnsemble = (layer: Ensemble, stack: Stack): Ensemble => ({
  ...layer,
  members: layer.members.map((member, index) => ({
    ...member,
    layers: resolveStack(member.layers, { ...stack, pointer: `${stack.pointer}/members/${index}/layers` }) as MemberLayer[],
  })),
});

function shapeErrors(layers: readonly Layer[], { features, outputs, task, networkOf }: Widths): FieldError[] {
  const { network, errors } = attempt(() => networkOf(layers));
  if (!network) return errors;
  const shape = network.outputShape;
  if (shape.length === 1 && shape[0] === outputs) return [];
  if (!layers.some(holdsLinear)) {
    const detail = `needs a linear layer: rows have ${features} features, but ${task} needs ${outputs} outputs`;
    return [{ pointer: "/model/layers", detail }];
  }
  const hasMembers = layers.some(({ type }) => type === "batch_ensemble_linear");
  const cure = hasMembers
    ? "end with mean_members, which averages the outputs of the members"
    : "put a flatten before the last linear layer, and nothing after it that changes the shape";
  const detail = `gives [${shape.join(", ")}] for a row, but ${task} with these targets needs [${outputs}]: ${cure}`;
  return [{ pointer: `/model/layers/${layers.length - 1}`, detail }];
}

/** Returns the result of `build`, or an error at the layer where it failed. */
function attempt(build: () => Network): { network: Network | null; errors: FieldError[] } {
  try {
    return { network: build(), errors: [] };
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
    return { network: null, errors: [layerFieldError(error)] };
  }
}

/** Converts the error of a layer to the error of its field. */
export function layerFieldError({ path, detail }: LayerError): FieldError {
  return { pointer: `/model/layers/${path.join("/")}`, detail };
}
