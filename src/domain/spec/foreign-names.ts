/**
 * The names that PyTorch, Keras and others use for layers, losses, optimisers, schedules and fields of a job spec. Names are compared in
 * lower case without `_`, `-`, `.` and spaces; names that then equal ours need no line here.
 */

/** A name without differences of style. */
const plainName = (name: string): string => name.toLowerCase().replaceAll(/[\s._-]/g, "");

/** Suffixes that others give to a kind of thing: CrossEntropyLoss, StepLR, BatchNorm1d. */
const ENDINGS = /(?:loss|layer|optimizer|scheduler|lr|[123]d)$/;
/** Modules of other libraries: torch.nn.ReLU, tf.keras.layers.Dense. */
const MODULES = /^(?:torch|nn|optim|lrscheduler|tf|keras|layers|losses|optimizers)+(?=[a-z])/;

/** Names of other libraries for our types. */
const TYPES: Readonly<Record<string, string>> = {
  dense: "linear",
  fc: "linear",
  fullyconnected: "linear",
  logistic: "sigmoid",
  swish: "silu",
  batchnormalization: "batch_norm",
  layernormalization: "layer_norm",
  maxpooling: "max_pool",
  averagepooling: "avg_pool",
  avgpooling: "avg_pool",
  periodicembeddings: "periodic",
  nlinear: "per_feature_linear",
  linearensemble: "per_feature_linear",
  linearbatchensemble: "batch_ensemble_linear",
  indexselect: "select",
  conv: "conv2d",
  convolution: "conv2d",
  meansquarederror: "mse",
  squarederror: "mse",
  l2: "mse",
  mae: "l1",
  meanabsoluteerror: "l1",
  absoluteerror: "l1",
  smoothl1: "huber",
  quantile: "pinball",
  binarycrossentropy: "bce",
  logloss: "bce",
  bcelogits: "bce_with_logits",
  ce: "cross_entropy",
  nll: "cross_entropy",
  softmaxcrossentropy: "cross_entropy",
  categoricalcrossentropy: "cross_entropy",
  sparsecategoricalcrossentropy: "cross_entropy",
  gradientdescent: "sgd",
  momentum: "sgd",
  cosine: "cosine_annealing_lr",
  cosinedecay: "cosine_annealing_lr",
  cosineannealing: "cosine_annealing_lr",
  cosinewarmrestarts: "cosine_annealing_warm_restarts",
  exponentialdecay: "exponential_lr",
  plateau: "reduce_lr_on_plateau",
  warmup: "linear_lr",
  clipgradnorm: "norm",
  clipgradvalue: "value",
};

/** Our type for another library's name; null if none is known. */
export function typeOfForeign(name: string, types: readonly string[]): string | null {
  if (name.length > 60) return null;
  const plain = plainName(name);
  const bare = plain.replace(MODULES, "");
  const forms = [plain, bare, bare.replace(ENDINGS, ""), `${bare.replace(ENDINGS, "")}lr`];
  for (const form of forms) {
    const own = types.find((type) => plainName(type) === form);
    if (own) return own;
    const known = Object.hasOwn(TYPES, form) ? TYPES[form] : undefined;
    if (known && types.includes(known)) return known;
  }
  return null;
}

/** Names of other libraries for our fields. */
const FIELDS: Readonly<Record<string, string>> = {
  learningrate: "lr",
  eta: "lr",
  outfeatures: "units",
  neurons: "units",
  size: "units",
  filters: "out_channels",
  poolsize: "kernel_size",
  rate: "p",
  prob: "p",
  epsilon: "eps",
  beta1: "betas",
  beta2: "betas",
  l2: "weight_decay",
  decay: "weight_decay",
  usebias: "bias",
  numepochs: "epochs",
  nepochs: "epochs",
  maxepochs: "epochs",
  maxiter: "epochs",
  iterations: "epochs",
  criterion: "loss",
  lossfunction: "loss",
  lrscheduler: "scheduler",
  schedule: "scheduler",
  randomstate: "seed",
  randomseed: "seed",
  validationsplit: "validation",
  testsize: "test",
  label: "target",
  labels: "targets",
  y: "target",
  sampleweight: "weights",
  classweight: "weight",
  gradientclip: "clip_grad",
};

/** Fields of other libraries without an equivalent here, and what to do instead. */
const ADVICE: Readonly<Record<string, string>> = {
  infeatures: "is inferred from the layers before it: leave it out",
  inputdim: "is inferred from the layers before it: leave it out",
  inputshape: "is inferred from the layers before it: leave it out",
  inchannels: "is inferred from the layers before it: leave it out",
  numfeatures: "is inferred from the layers before it: leave it out",
  activation: 'is a separate layer: add {"type": "relu"}, or another, after this one',
  device: "cannot be chosen here: leave it out",
};

/** Our name for another library's field; null if none is known. */
export function fieldOfForeign(name: string): string | null {
  const plain = plainName(name);
  return Object.hasOwn(FIELDS, plain) ? (FIELDS[plain] as string) : null;
}

/** What to do instead of a field of other libraries without an equivalent; null for any other field. */
export function adviceOn(name: string): string | null {
  const plain = plainName(name);
  return Object.hasOwn(ADVICE, plain) ? (ADVICE[plain] as string) : null;
}
