/**
 * Fills in the widths that a spec's layers leave open, and finds the layer that does not take what the one before it gives.
 * Knows how shapes follow from one another only through the network itself.
 */
import type { FieldError } from "../../domain/errors.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import { LayerError, type Network } from "../../engine/index.ts";

export interface Widths {
  /** Numbers in a row. */
  readonly features: number;
  /** Numbers that the network must return for a row. */
  readonly outputs: number;
  /** Why so many: "multiclass_classification". */
  readonly task: string;
  /** The network of the first layers, over the rows of this job. */
  networkOf(layers: readonly Layer[]): Network;
}

/** The layers with all units stated. What cannot be is added to `errors`, at its layer. */
export function resolveLayers(layers: readonly Layer[], widths: Widths, errors: FieldError[]): Layer[] {
  const before = errors.length;
  const lastLinear = layers.findLastIndex(({ type }) => type === "linear");
  const resolved: Layer[] = [];
  layers.forEach((layer, index) => {
    const pointer = `/model/layers/${index}`;
    if (layer.type === "linear") resolved.push(resolveLinear(layer, index === lastLinear, pointer, widths, errors));
    else if (layer.type === "residual") resolved.push(resolveResidual(layer, resolved, pointer, widths, errors));
    else resolved.push(layer);
  });
  if (errors.length === before) errors.push(...shapeErrors(resolved, lastLinear, widths));
  return resolved;
}

type Linear = Extract<Layer, { type: "linear" }>;
type Residual = Extract<Layer, { type: "residual" }>;

function resolveLinear(layer: Linear, last: boolean, pointer: string, { outputs, task }: Widths, errors: FieldError[]): Linear {
  if (last && layer.units !== undefined && layer.units !== outputs) {
    const detail = `is ${layer.units}, and ${task} with these targets wants ${outputs} outputs: say ${outputs}, or leave units out`;
    errors.push({ pointer: `${pointer}/units`, detail });
  }
  if (!last && layer.units === undefined) errors.push({ pointer: `${pointer}/units`, detail: REQUIRED });
  return { ...layer, units: layer.units ?? outputs };
}

const REQUIRED = "is required: only the last linear layer's width follows from the task";

/** The last linear layer within gets the width of what the layer takes, which is what it adds to. */
function resolveResidual(
  layer: Residual,
  preceding: readonly Layer[],
  pointer: string,
  { networkOf }: Widths,
  errors: FieldError[],
): Residual {
  const lastLinear = layer.layers.findLastIndex(({ type }) => type === "linear");
  const open = layer.layers.flatMap((inner, index) => (inner.type === "linear" && inner.units === undefined ? [index] : []));
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

function shapeErrors(
  layers: readonly Layer[],
  lastLinear: number,
  { features, outputs, task, networkOf }: Widths,
): FieldError[] {
  const { network, errors } = attempt(() => networkOf(layers));
  if (!network) return errors;
  const shape = network.outputShape;
  if (shape.length === 1 && shape[0] === outputs) return [];
  if (lastLinear < 0) {
    const detail = `needs a linear layer: rows have ${features} features and ${task} wants ${outputs} outputs`;
    return [{ pointer: "/model/layers", detail }];
  }
  const detail = `gives [${shape.join(", ")}] for a row, and ${task} with these targets wants [${outputs}]: put a flatten before the last linear layer, and nothing after it that changes the shape`;
  return [{ pointer: `/model/layers/${layers.length - 1}`, detail }];
}

/** What `build` gives, or at which layer it failed. */
function attempt(build: () => Network): { network: Network | null; errors: FieldError[] } {
  try {
    return { network: build(), errors: [] };
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
    return { network: null, errors: [layerFieldError(error)] };
  }
}

/** A layer's complaint as the failure of its field. */
export function layerFieldError({ path, detail }: LayerError): FieldError {
  return { pointer: `/model/layers/${path.join("/layers/")}`, detail };
}
