/**
 * The layers of a network, as a request names them. Names and defaults are PyTorch's; the engine's table of layers (engine/nn)
 * has an entry for each.
 */
import { z } from "zod";
import { initialiser } from "./initialisers.ts";
import { float32, MAX_KERNEL, MAX_LAYERS, MAX_MEMBER_LAYERS, MAX_MEMBERS, MAX_UNITS, MAX_WINDOW_PLACES } from "./numbers.ts";

const plain = <T extends string>(type: T) => z.strictObject({ type: z.literal(type) });

const units = z.int().min(1).max(MAX_UNITS);
const inferredUnits = units.optional().meta({
  description:
    "Output width. If the last linear layer (in an ensemble, each member's last) leaves it out, it is inferred from the task; the last one in a residual layer infers it from the width that it is added to.",
});
const eps = float32.nonnegative().default(1e-5);
const kernel = z.int().min(1).max(MAX_KERNEL);
const stride = z.int().min(1).max(MAX_UNITS);
const padding = z.int().min(0).max(MAX_KERNEL);
const orPair = <T extends z.ZodType>(size: T) => z.union([size, z.tuple([size, size])]);
const affineInit = z
  .strictObject({ weight: initialiser.default("default"), bias: initialiser.default("default") })
  .partial()
  .optional();
const pool = <T extends string>(type: T) =>
  z
    .strictObject({
      type: z.literal(type),
      kernel_size: orPair(kernel),
      stride: orPair(stride).nullable().default(null).meta({ description: "null: the kernel's size." }),
    })
    .meta({ description: "Over [channels, length] or [channels, height, width]." });

/** One layer without nested layers. A new layer is one line here and one file in engine/nn/layers. */
const simpleLayer = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("linear"),
      units: inferredUnits,
      bias: z.boolean().default(true),
      init: affineInit,
    }),
    plain("relu"),
    z.strictObject({ type: z.literal("leaky_relu"), negative_slope: float32.default(0.01) }),
    z.strictObject({ type: z.literal("elu"), alpha: float32.default(1) }),
    plain("selu"),
    plain("sigmoid"),
    plain("logsigmoid"),
    plain("tanh"),
    z.strictObject({ type: z.literal("hardtanh"), min_val: float32.default(-1), max_val: float32.default(1) }),
    z.strictObject({ type: z.literal("gelu"), approximate: z.enum(["none", "tanh"]).default("none") }),
    plain("silu"),
    plain("mish"),
    z.strictObject({ type: z.literal("softplus"), beta: float32.positive().default(1), threshold: float32.default(20) }),
    plain("softmax"),
    plain("log_softmax"),
    z.strictObject({ type: z.literal("dropout"), p: z.number().min(0).max(1).default(0.5) }),
    z
      .strictObject({
        type: z.literal("batch_norm"),
        eps,
        momentum: z.number().min(0).max(1).default(0.1),
        affine: z.boolean().default(true),
      })
      .meta({
        description:
          "Normalises over the first axis of a row: features, or channels. running_mean and running_var are weights of the model; num_batches_tracked is not stored.",
      }),
    z
      .strictObject({ type: z.literal("layer_norm"), eps, elementwise_affine: z.boolean().default(true) })
      .meta({ description: "Normalises over the last axis." }),
    z
      .strictObject({
        type: z.literal("embedding"),
        num_embeddings: units,
        embedding_dim: units,
        init: z
          .strictObject({ weight: initialiser.default("default") })
          .partial()
          .optional(),
      })
      .meta({
        description:
          "Looks up each number of a row as an index 0..num_embeddings-1: a row of n becomes [n, embedding_dim]. Any other number gives zeros.",
      }),
    z
      .strictObject({
        type: z.literal("conv1d"),
        out_channels: units,
        kernel_size: kernel,
        stride: stride.default(1),
        padding: padding.default(0),
        bias: z.boolean().default(true),
        init: affineInit,
      })
      .meta({ description: "Over [channels, length]." }),
    z
      .strictObject({
        type: z.literal("conv2d"),
        out_channels: units,
        kernel_size: orPair(kernel),
        stride: orPair(stride).default(1),
        padding: orPair(padding).default(0),
        bias: z.boolean().default(true),
        init: affineInit,
      })
      .meta({ description: "Over [channels, height, width]; a pair is [height, width]." }),
    pool("max_pool"),
    pool("avg_pool"),
    plain("flatten"),
    z
      .strictObject({ type: z.literal("reshape"), shape: z.array(units).min(1).max(4) })
      .meta({ description: "The numbers of a row with other axes, row-major: [1, 8, 8] for an image of 64 numbers." }),
    z
      .strictObject({
        type: z.literal("select"),
        features: z.array(z.int().min(0)).min(1).max(MAX_UNITS),
      })
      .meta({
        description: "Keeps these positions of a row's first axis, counted from 0, in this order; [0, 3] keeps two features.",
      }),
    z
      .strictObject({ type: z.literal("periodic"), frequencies: units.default(48), sigma: float32.positive().default(0.01) })
      .meta({
        description:
          "A periodic embedding of numbers (Gorishniy et al. 2022): a row of n becomes [n, 2 frequencies], cos(2πwx) and then sin(2πwx). The frequencies w are trained and start as N(0, sigma), within three sigma. A linear, a relu and a flatten after it make PLR(lite).",
      }),
    z.strictObject({ type: z.literal("per_feature_linear"), units: inferredUnits, bias: z.boolean().default(true) }).meta({
      description:
        "A separate linear layer for each of n features or members: [n, in] becomes [n, units]; weight [n, in, units].",
    }),
    z
      .strictObject({
        type: z.literal("batch_ensemble_linear"),
        members: z.int().min(1).max(MAX_MEMBERS).default(32),
        units: inferredUnits,
        bias: z.boolean().default(true),
        scaling_init: z.enum(["ones", "normal", "random_signs"]).optional().meta({
          description:
            "The initial r. By default random_signs if the input has no members yet, which makes them differ, and ones otherwise.",
        }),
      })
      .meta({
        description:
          "The linear layer of a parameter-efficient ensemble (TabM, Gorishniy et al. 2024): members share the weight [units, in], and each has its own factors r [members, in] and s [members, units] and bias. [in] or [members, in] becomes [members, units].",
      }),
    plain("mean_members").meta({
      description:
        "The mean over the first axis of a row: [members, ...] becomes [...]. If it is the last layer, training minimises the mean of the members' losses rather than the loss of their mean.",
    }),
  ])
  .superRefine((value, context) => {
    if (value.type === "hardtanh" && value.min_val >= value.max_val)
      context.addIssue({ code: "custom", path: ["min_val"], message: "must be less than max_val" });
  })
  .meta({ id: "SimpleLayer" });

const residual = z.strictObject({ type: z.literal("residual"), layers: z.array(simpleLayer).min(1).max(MAX_LAYERS) }).meta({
  description:
    'x + f(x), f being the layers, whose output has the shape of their input. Their weights are named "3.layers.0.weight".',
});

/** A layer of a member of an ensemble. */
const memberLayer = z.discriminatedUnion("type", [simpleLayer, residual]).meta({ id: "MemberLayer" });

const ensemble = z
  .strictObject({
    type: z.literal("ensemble"),
    members: z
      .array(
        z.strictObject({
          weight: float32
            .optional()
            .meta({ description: "The factor of its output, by default 1 / number of members. May be 0 or negative." }),
          layers: z.array(memberLayer).min(1).max(MAX_LAYERS),
        }),
      )
      .min(1)
      .max(MAX_MEMBERS),
  })
  .meta({
    description:
      "The weighted sum of the members' outputs. Each member gets the layer's input; all outputs have the same shape. Weights of a member's layers are named \"0.members.3.1.weight\".",
  });

/** One layer. */
export const layer = z.discriminatedUnion("type", [simpleLayer, residual, ensemble]).meta({
  id: "Layer",
  description: "A layer of a sequential network; names and defaults are PyTorch's.",
  examples: [{ type: "linear", units: 4 }, { type: "relu" }],
});

export type Layer = z.output<typeof layer>;

const placesOf = (size: number | readonly [number, number]) => (typeof size === "number" ? size * size : size[0] * size[1]);

/** Number of positions in a layer's window; each is separate work in the compiled step. */
function windowPlaces(spec: Layer): number {
  if (spec.type === "conv1d") return spec.kernel_size;
  return "kernel_size" in spec ? placesOf(spec.kernel_size) : 0;
}

/** Layers with those nested in residual ones. */
const withInner = (layers: readonly Layer[]): Layer[] =>
  layers.flatMap((each): Layer[] => (each.type === "residual" ? [each, ...each.layers] : [each]));

/** The layers of a whole network, with a bound on their total, because the length of a compiled step grows with it. */
export const networkLayers = z
  .array(layer)
  .min(1)
  .max(MAX_LAYERS)
  .superRefine((layers, context) => {
    const members = layers.flatMap((each): Layer[] =>
      each.type === "ensemble" ? each.members.flatMap(({ layers }) => layers) : [],
    );
    const [own, inner] = [withInner(layers), withInner(members)];
    const all = [...own, ...inner];
    const refuse = (message: string) => context.addIssue({ code: "custom", message });
    if (own.length > MAX_LAYERS)
      refuse(`has ${own.length} layers, counting those inside residual layers; at most ${MAX_LAYERS} are allowed`);
    if (inner.length > MAX_MEMBER_LAYERS)
      refuse(`has ${inner.length} layers in the members of its ensembles; at most ${MAX_MEMBER_LAYERS} are allowed`);
    const places = all.reduce((total, each) => total + windowPlaces(each), 0);
    if (places > MAX_WINDOW_PLACES)
      refuse(`has windows of ${places} places in all its convolutions and pools; at most ${MAX_WINDOW_PLACES} are allowed`);
  });
export type LayerType = Layer["type"];
