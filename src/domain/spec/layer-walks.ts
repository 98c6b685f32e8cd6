/** What is read off a list of layers, those within others included. Knows their types, and nothing of shapes. */
import type { Layer, LayerType } from "./layers.ts";

/** The factor of the output of one of an ensemble's members. */
export const memberWeight = ({ members }: Extract<Layer, { type: "ensemble" }>, member: number): number =>
  members[member]?.weight ?? 1 / members.length;

/** A layer whose output is that of the network, or is a member's part of it, with the pointer to it below the network's layers. */
export interface FinalLayer {
  readonly layer: Layer;
  readonly pointer: string;
}

/** The last layer of a network, or those of the members of an ensemble that comes last. */
export function finalLayers(layers: readonly Layer[], pointer = ""): FinalLayer[] {
  const at = `${pointer}/${layers.length - 1}`;
  const last = layers.at(-1);
  if (!last) return [];
  if (last.type !== "ensemble") return [{ layer: last, pointer: at }];
  return last.members.flatMap((member, index) => finalLayers(member.layers, `${at}/members/${index}/layers`));
}

/** Returns the last linear layer of a network; of an ensemble that holds the last one, that of its first member. */
export function lastLinear(layers: readonly Layer[]): Extract<Layer, { type: "linear" }> | undefined {
  for (const layer of layers.toReversed()) {
    if (layer.type === "linear") return layer;
    const found = layer.type === "ensemble" ? lastLinear(layer.members[0]?.layers ?? []) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** The layers that make probabilities. */
export const PROBABILITY_LAYERS: ReadonlySet<LayerType> = new Set<LayerType>(["sigmoid", "softmax"]);
