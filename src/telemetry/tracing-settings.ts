/** The settings of tracing, as its exporter takes them. Knows no environment and no package. */

/** The samplers of the specification that need no server of their own. */
export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

export interface TracingSettings {
  /** Where spans go. It may hold a password: it is not logged. */
  readonly url: string;
  /** Sent with each export. Secrets: they are not logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: every request is recorded, as its caller says, up to `perSecond`. */
  readonly sampler: SamplerName | null;
  /** The share of traces that the samplers by ratio take, 0 to 1. */
  readonly ratio: number;
  /** Without a sampler: requests that are recorded in a second, of those that begin a trace, and again of those whose caller records. */
  readonly perSecond: number;
  /** Null: that of `resource`, else "trainyard". */
  readonly serviceName: string | null;
  /** Attributes of every span of this process. */
  readonly resource: Readonly<Record<string, string>>;
}
