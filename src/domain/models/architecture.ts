/** The architecture of a model in a file or a request: the network and the meaning of its outputs. Imports need it and weights. */
import { z } from "zod";
import { preprocessing } from "../datasets/preprocessing.ts";
import { quantiles } from "../quantiles.ts";
import { threshold } from "../spec/decision-options.ts";
import { networkLayers } from "../spec/layers.ts";
import { TASKS } from "../spec/spec.ts";
import { conformal } from "./conformal.ts";
import type { Model } from "./model.ts";

/** Maximum features of a row, and maximum classes, of an imported network. */
const MAX_WIDTH = 1_000_000;
const MAX_CLASSES = 10_000;

export const architecture = z
  .strictObject({
    task: z.enum(TASKS),
    layers: networkLayers.meta({ description: "Every linear layer states its units." }),
    input_width: z.int().min(1).max(MAX_WIDTH).optional().meta({
      description: "Numbers in a row. By default inferred from the preprocessing, or from a first linear layer's weight.",
    }),
    classes: z
      .array(z.string().max(200))
      .max(MAX_CLASSES)
      .optional()
      .meta({ description: "Labels in the order of the outputs; numbers from 0 when left out." }),
    activation: z.enum(["none", "sigmoid", "softmax"]).optional().meta({
      description:
        "What turns outputs into probabilities. By default none after a sigmoid or softmax, else sigmoid for one output and softmax for several.",
    }),
    threshold: threshold.optional().meta({
      description:
        "For two classes: the probability of the second class above which a row is predicted as that class; by default 0.5.",
    }),
    quantiles: quantiles.optional().meta({
      description: "For a regression of one target whose outputs are quantiles: the quantile of each output.",
    }),
    conformal: conformal.optional(),
    preprocessing: preprocessing
      .nullable()
      .default(null)
      .meta({ description: "How raw rows become the network's inputs; null: rows are arrays of numbers." }),
  })
  .meta({
    id: "Architecture",
    examples: [
      {
        task: "binary_classification",
        layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear", units: 1 }],
        classes: ["no", "yes"],
      },
    ],
  });

export type Architecture = z.output<typeof architecture>;

/** Keys of the metadata in a safetensors file that make the file sufficient to import a model. */
export const FILE_METADATA = { architecture: "trainyard.architecture", name: "trainyard.name" } as const;

/** Returns the metadata of a model's file, for imports and for people. */
export function fileMetadata(model: Model): Readonly<Record<string, string>> {
  const stated: Architecture = {
    task: model.task,
    layers: [...model.layers],
    input_width: model.inputWidth,
    classes: [...model.classes],
    activation: model.activation,
    ...(model.threshold !== undefined && { threshold: model.threshold }),
    ...(model.quantiles && { quantiles: [...model.quantiles] }),
    ...(model.conformal && { conformal: model.conformal }),
    preprocessing: model.preprocessing,
  };
  return {
    format: "pt",
    [FILE_METADATA.architecture]: JSON.stringify(stated),
    [FILE_METADATA.name]: model.name,
    "trainyard.model": model.id,
    "trainyard.sha256": model.sha256,
  };
}
