/** The initial weights in a request: torch.nn.init, with its names and defaults. */
import { z } from "zod";
import { float32 } from "./numbers.ts";

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
      z
        .strictObject({ type: z.literal("uniform"), a: float32.default(0), b: float32.default(1) })
        .refine(({ a, b }) => a <= b, { path: ["b"], error: "must be at least a" }),
      z.strictObject({ type: z.literal("zeros") }),
      z.strictObject({ type: z.literal("ones") }),
      z.strictObject({ type: z.literal("constant"), value: float32.default(0) }),
    ]),
  ])
  .meta({
    id: "Initialiser",
    description: "How a weight is initialised: a name of torch.nn.init, or an object with its options.",
  });
