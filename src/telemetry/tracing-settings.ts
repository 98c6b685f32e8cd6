/** The settings of tracing. Knows no environment variables and no package. */

/** The samplers of the specification that do not ask another server. */
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
  /** Null: requests are recorded as their caller decided, up to `perSecond`. */
  readonly sampler: SamplerName | null;
  /** The share of traces that the samplers by ratio record, 0 to 1. */
  readonly ratio: number;
  /** Without a sampler: maximum requests recorded a second that begin a trace, and as many again whose caller records. */
  readonly perSecond: number;
  /** Null: the name in `resource`, or else "trainyard". */
  readonly serviceName: string | null;
  /** Attributes of every span of this process. */
  readonly resource: Readonly<Record<string, string>>;
}
