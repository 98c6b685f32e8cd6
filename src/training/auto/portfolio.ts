/**
 * The portfolio of a search, as data: candidates tuned over tables, best value for work first. Knows neither which of them a search takes
 * nor how they are trained.
 */
import type { FeatureView } from "./feature-views.ts";
import type { Learned } from "./learned-targets.ts";

type Activation = "relu" | "silu" | "mish" | "tanh";

/** How a candidate is made and trained. */
export interface Candidate {
  readonly name: string;
  /** The features of a row that it uses. */
  readonly view: FeatureView;
  readonly takesText: boolean;
  /** Widths of its hidden layers; none for a linear model. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly dropout: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Share of the usual number of rows in a batch. */
  readonly batchFactor: number;
  /**
   * `plain`: linear layers and activations. `normalised`: every input is brought to mean 0 and variance 1 before them. `residual`:
   * a linear layer, then blocks x + f(norm(x)) with twice as many units within (Gorishniy et al. 2021, the ResNet for tables).
   * `periodic`: every input is embedded by cosines and sines first (Gorishniy et al. 2022, PLR(lite)). `shared`: several networks that
   * share most of their weights (Gorishniy et al. 2024, TabM).
   */
  readonly form: "plain" | "normalised" | "residual" | "periodic" | "shared";
  readonly learned: Learned;
  /** The kind of data that it is for: classes, classes of which one is rare, or a regression of wide range. Left out: all data. */
  readonly only?: "classes" | "rare" | "wide";
}

const AS_IT_IS: Learned = { logarithm: false, smoothing: 0, balance: 0 };
const plain = {
  activation: "relu",
  dropout: 0,
  batchFactor: 1,
  form: "plain",
  takesText: false,
  learned: AS_IT_IS,
} as const;
const deep = { activation: "silu", dropout: 0.2, learningRate: 0.002, weightDecay: 0.05 } as const;
const shared = { form: "shared", dropout: 0.1, learningRate: 0.002, weightDecay: 0.03 } as const;
const residual = { form: "residual", dropout: 0.2, learningRate: 0.001, weightDecay: 0.1 } as const;

/** Linear models, shallow and deep networks on plain numbers, on binned numbers and on both. */
const NETWORKS: readonly Candidate[] = [
  { ...plain, name: "linear", view: "values", hidden: [], learningRate: 0.02, weightDecay: 0.01 },
  { ...plain, name: "linear, bins", view: "both", hidden: [], learningRate: 0.01, weightDecay: 0.05 },
  { ...plain, ...deep, name: "64-64, bins", view: "both", hidden: [64, 64], activation: "relu" },
  { ...plain, ...deep, name: "128-128", view: "values", hidden: [128, 128], learningRate: 0.003 },
  { ...plain, name: "64", view: "values", hidden: [64], learningRate: 0.005, weightDecay: 0.01 },
  { ...plain, ...residual, name: "residual 64-64, bins", view: "both", hidden: [64, 64] },
  {
    ...plain,
    ...deep,
    name: "tanh 128-64",
    view: "values",
    hidden: [128, 64],
    activation: "tanh",
    dropout: 0.1,
    learningRate: 0.003,
  },
  { ...plain, ...deep, name: "128-128, bins", view: "both", hidden: [128, 128], dropout: 0.3, weightDecay: 0.1 },
  { ...plain, ...deep, name: "128-128-128", view: "values", hidden: [128, 128, 128] },
  { ...plain, ...deep, name: "64-64, bins alone", view: "bins", hidden: [64, 64], activation: "relu" },
  { ...plain, ...residual, name: "residual 64-64", view: "values", hidden: [64, 64] },
  {
    ...plain,
    ...deep,
    name: "normalised 128-128, bins",
    view: "both",
    hidden: [128, 128],
    form: "normalised",
    dropout: 0.3,
    weightDecay: 0.1,
  },
  { ...plain, ...deep, name: "256, bins", view: "both", hidden: [256], activation: "relu", dropout: 0.5, weightDecay: 0.1 },
];

/** A candidate of the portfolio that learns something else instead of its target. */
function twin(of: string, suffix: string, only: NonNullable<Candidate["only"]>, learned: Partial<Learned>): Candidate {
  const own = NETWORKS.find(({ name }) => name === of);
  if (!own) throw new Error(`the portfolio has no ${of}`);
  return { ...own, name: `${of}, ${suffix}`, only, learned: { ...AS_IT_IS, ...learned } };
}

/**
 * Last, for searches of twenty or more: on ten tables it was seldom chosen where it fits, and in the middle of the portfolio it displaced
 * several others, with worse averages (concrete: R2 .924 instead of .928).
 */
const SHARED: Candidate = { ...plain, ...shared, name: "shared 64-64, bins", view: "both", hidden: [64, 64] };

/** Networks before those for special data: the cheapest. */
const FIRST = 4;

/**
 * The networks, and after the first of them those for special data: logarithms of targets that range widely, weights for rare classes; then
 * periodic embeddings and smoothed classes.
 */
export const PORTFOLIO: readonly Candidate[] = [
  ...NETWORKS.slice(0, FIRST),
  ...["linear, bins", "64-64, bins"].map((name) => twin(name, "balanced", "rare", { balance: 1 })),
  ...["linear, bins", "64-64, bins", "128-128"].map((name) => twin(name, "log", "wide", { logarithm: true })),
  { ...plain, ...deep, name: "periodic 64-64", view: "values", hidden: [64, 64], form: "periodic" },
  twin("64-64, bins", "smoothed", "classes", { smoothing: 0.1 }),
  ...NETWORKS.slice(FIRST),
  SHARED,
];

/** For tables with texts, whose terms are many and rare: linear models first, which cost least, then narrow networks. */
export const TEXT_PORTFOLIO: readonly Candidate[] = [
  { ...plain, takesText: true, name: "linear, text", view: "both", hidden: [], learningRate: 0.03, weightDecay: 0.1 },
  { ...plain, takesText: true, name: "linear, text, slow", view: "both", hidden: [], learningRate: 0.01, weightDecay: 0.01 },
  {
    ...plain,
    takesText: true,
    name: "32, text",
    view: "both",
    hidden: [32],
    dropout: 0.5,
    learningRate: 0.003,
    weightDecay: 0.1,
  },
];

/** The bases of variations: the networks of both, in a fixed order, because stored specs name variations by position. */
export const VARIED: readonly Candidate[] = [...TEXT_PORTFOLIO, ...NETWORKS].filter(({ hidden }) => hidden.length > 0);
