/**
 * The layers of a network and the initialisers of their weights, as a request names them. Names and defaults are
 * PyTorch's; the engine's table of layers (engine/nn) has an entry for each.
 */
import { z } from "zod";
import { float32, MAX_UNITS } from "./numbers.ts";

const nonlinearity = z.enum(["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]);
const mode = z.enum(["fan_in", "fan_out"]);

const INITIALISER_NAMES = [
  "default",
  "kaiming_normal",
  "kaiming_uniform",
  "xavier_normal",
  "xavier_uniform",
  "normal",
  "uniform",
  "zeros",
  "ones",
  "constant",
] as const;

const kaiming = { mode: mode.default("fan_in"), nonlinearity: nonlinearity.default("leaky_relu"), a: float32.default(0) };
const xavier = { gain: float32.default(1) };

/** torch.nn.init, by name for its defaults or as an object with its options. `default` is PyTorch's own for the layer. */
export const initialiser = z
  .union([
    z.enum(INITIALISER_NAMES),
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("default") }),
      z.strictObject({ type: z.literal("kaiming_normal"), ...kaiming }),
      z.strictObject({ type: z.literal("kaiming_uniform"), ...kaiming }),
      z.strictObject({ type: z.literal("xavier_normal"), ...xavier }),
      z.strictObject({ type: z.literal("xavier_uniform"), ...xavier }),
      z.strictObject({ type: z.literal("normal"), mean: float32.default(0), std: float32.nonnegative().default(1) }),
      z.strictObject({ type: z.literal("uniform"), a: float32.default(0), b: float32.default(1) }),
      z.strictObject({ type: z.literal("zeros") }),
      z.strictObject({ type: z.literal("ones") }),
      z.strictObject({ type: z.literal("constant"), value: float32.default(0) }),
    ]),
  ])
  .meta({
    id: "Initialiser",
    description: "How a weight starts, by a name of torch.nn.init or as an object with its options.",
  });

const plain = <T extends string>(type: T) => z.strictObject({ type: z.literal(type) });

/** One layer. A new layer is one line here and one file in engine/nn. */
export const layer = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("linear"),
      units: z
        .int()
        .min(1)
        .max(MAX_UNITS)
        .optional()
        .meta({ description: "Output width. On the last linear layer it follows from the task when left out." }),
      bias: z.boolean().default(true),
      init: z
        .strictObject({ weight: initialiser.default("default"), bias: initialiser.default("default") })
        .partial()
        .optional(),
    }),
    plain("relu"),
    z.strictObject({ type: z.literal("leaky_relu"), negative_slope: float32.default(0.01) }),
    plain("sigmoid"),
    plain("tanh"),
    z.strictObject({ type: z.literal("gelu"), approximate: z.enum(["none", "tanh"]).default("none") }),
    plain("silu"),
    z.strictObject({ type: z.literal("softplus"), beta: float32.positive().default(1), threshold: float32.default(20) }),
    plain("softmax"),
    plain("log_softmax"),
    z.strictObject({ type: z.literal("dropout"), p: z.number().min(0).max(1).default(0.5) }),
  ])
  .meta({
    id: "Layer",
    description: "A layer of a sequential network; names and defaults are PyTorch's.",
    examples: [{ type: "linear", units: 4 }, { type: "relu" }],
  });

export type Layer = z.output<typeof layer>;
export type LayerType = Layer["type"];
