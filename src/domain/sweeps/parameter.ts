/**
 * What a sweep varies: one parameter for each JSON pointer into its job spec, as a range, a list of values, or named choices of whole
 * subtrees. Only their shapes; parameter-space.ts has their meaning for a job.
 */
import { z } from "zod";

/** Maximum parameters of one sweep. */
const MAX_PARAMETERS = 64;
/** Maximum values, or choices, of one parameter. */
const MAX_VALUES = 256;
/** Maximum values and choices of all parameters together: each is tried on the job spec before the sweep is accepted. */
const MAX_ALL_VALUES = 1024;
/** Longest pointer. */
const MAX_POINTER = 500;

/** The value of a parameter in one trial, as in its row. For choices, the name of the chosen one. */
export const parameterValue = z.union([z.number(), z.string().max(500), z.boolean(), z.null()]);
export type ParameterValue = z.output<typeof parameterValue>;

/** The parameters of one trial, by pointer. Inactive ones are absent. */
export const trialParameters = z.record(z.string(), parameterValue);
export type TrialParameters = Readonly<Record<string, ParameterValue>>;

const range = z
  .strictObject({
    min: z.number(),
    max: z.number(),
    scale: z.enum(["linear", "log"]).default("linear").meta({
      description: "How trials are spread: evenly, or evenly in the logarithm; then `min` must be above 0.",
    }),
    integer: z.boolean().default(false).meta({ description: "Whole numbers only." }),
    step: z.number().positive().nullable().default(null).meta({
      description: "Only min, min + step, and so on, up to max. Not with a logarithmic scale.",
    }),
  })
  .superRefine(({ min, max, scale, integer, step }, { addIssue }) => {
    const fault = (field: string, message: string) => addIssue({ code: "custom", path: [field], message });
    if (max < min) fault("max", `must be at least min (${min})`);
    if (scale === "log" && min <= 0) fault("min", "must be above 0 on a logarithmic scale");
    if (scale === "log" && step !== null)
      fault("step", "cannot be combined with a logarithmic scale: list the numbers as values");
    if (!Number.isFinite(max - min)) fault("max", "is too far from min: the width of the range must be a finite number");
    if (!integer) return;
    for (const [field, number] of Object.entries({ min, max, step }))
      if (number !== null && !Number.isSafeInteger(number)) fault(field, "must be a whole number if integer is true");
  })
  .meta({ id: "SweepRange", description: "Numbers from `min` to `max`, both included." });

const values = z
  .strictObject({ values: z.array(parameterValue).min(1).max(MAX_VALUES) })
  .superRefine(({ values: listed }, { addIssue }) => {
    const seen = new Set<ParameterValue>();
    for (const [index, value] of listed.entries()) {
      if (seen.has(value)) addIssue({ code: "custom", path: ["values", index], message: "is listed twice" });
      seen.add(value);
    }
  })
  .meta({ id: "SweepValues", description: "One of these, which have no order." });

const choices = z
  .strictObject({
    choices: z
      .record(z.string().min(1).max(100), z.unknown())
      .refine((named) => Object.keys(named).length > 0, "must have at least one choice")
      .refine((named) => Object.keys(named).length <= MAX_VALUES, `must have at most ${MAX_VALUES} choices`),
  })
  .meta({
    id: "SweepChoices",
    description:
      "One of these parts of a job spec, by name. A parameter below it is active if the chosen part has its field, written or by default, and otherwise absent from trials.",
  });

export const parameter = z.union([range, values, choices]).meta({ id: "SweepParameter" });
export type Parameter = z.output<typeof parameter>;
export type Range = z.output<typeof range>;

/** The parameters of a sweep by JSON pointer (RFC 6901) into its job spec. */
export const parameters = z
  .record(z.string().max(MAX_POINTER), parameter)
  .superRefine((given, { addIssue }) => {
    const pointers = Object.keys(given);
    if (pointers.length > MAX_PARAMETERS)
      addIssue({ code: "custom", message: `must have at most ${MAX_PARAMETERS} parameters, not ${pointers.length}` });
    const listed = Object.values(given).reduce((total, each) => total + listedCount(each), 0);
    if (listed > MAX_ALL_VALUES)
      addIssue({ code: "custom", message: `must list at most ${MAX_ALL_VALUES} values and choices together, not ${listed}` });
  })
  .meta({
    description:
      'What is varied, by JSON pointer into the job spec: `"/optimizer/lr": {"min": 1e-4, "max": 0.3, "scale": "log"}`. Every value is checked against the job spec before anything runs.',
  });

/** The number of values that a parameter lists; 0 for a range. */
function listedCount(given: Parameter): number {
  if ("values" in given) return given.values.length;
  return "choices" in given ? Object.keys(given.choices).length : 0;
}
