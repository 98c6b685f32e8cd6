/** Questions about a list of layers, including nested ones. Knows their types, and nothing of shapes. */
import type { Layer, LayerType } from "./layers.ts";

/** The factor of the output of one of an ensemble's members. */
export const memberWeight = ({ members }: Extract<Layer, { type: "ensemble" }>, member: number): number =>
  members[member]?.weight ?? 1 / members.length;

/** A layer with an output width that may follow from the task. */
export type LinearLayer = Extract<Layer, { type: "linear" | "per_feature_linear" | "batch_ensemble_linear" }>;

const LINEAR: ReadonlySet<LayerType> = new Set<LayerType>(["linear", "per_feature_linear", "batch_ensemble_linear"]);

/** Whether the output width of a layer may follow from the task. */
export const isLinear = (layer: Layer): layer is LinearLayer => LINEAR.has(layer.type);

/** Returns the last linear layer of a network; of an ensemble that holds the last one, that of its first member. */
export function lastLinear(layers: readonly Layer[]): LinearLayer | undefined {
  for (const layer of layers.toReversed()) {
    if (isLinear(layer)) return layer;
    const found = layer.type === "ensemble" ? lastLinear(layer.members[0]?.layers ?? []) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Whether each member has its own loss: a mean over members ends the network. */
export const trainsMembers = (layers: readonly Layer[]): boolean => layers.at(-1)?.type === "mean_members";

/** The number of layers up to the one whose output is compared with the targets: all but a final mean over members. */
const outputCount = (layers: readonly Layer[]): number => layers.length - (trainsMembers(layers) ? 1 : 0);

/** Returns the layer whose output is compared with the targets: the last one, or the one before a mean over members. */
export const outputLayer = (layers: readonly Layer[]): Layer | undefined => layers[outputCount(layers) - 1];

/** A layer whose output is compared with the targets, or is a member's part of it, with the pointer to it. */
export interface FinalLayer {
  readonly layer: Layer;
  readonly pointer: string;
}

/** Returns the layer of `outputLayer` with its pointer below `pointer`; for an ensemble, those of its members. */
export function finalLayers(layers: readonly Layer[], pointer = ""): FinalLayer[] {
  const at = `${pointer}/${outputCount(layers) - 1}`;
  const last = outputLayer(layers);
  if (!last) return [];
  if (last.type !== "ensemble") return [{ layer: last, pointer: at }];
  return last.members.flatMap((member, index) => finalLayers(member.layers, `${at}/members/${index}/layers`));
}

/** The layers that make probabilities. */
export const PROBABILITY_LAYERS: ReadonlySet<LayerType> = new Set<LayerType>(["sigmoid", "softmax"]);

/** Layers with those nested in them, at any depth. */
export const withHeld = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((layer): Layer[] => {
    if (layer.type === "residual") return [layer, ...layer.layers];
    return layer.type === "ensemble" ? [layer, ...layer.members.flatMap(({ layers }) => withHeld(layers))] : [layer];
  });

/** The number of layers of a network with those nested in them: the length of its compiled prediction grows with it. */
export const layerCount = (layers: readonly Layer[]): number => withHeld(layers).length;
