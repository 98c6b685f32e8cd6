/** Sweeps and trials as the API shows them: the schemas of answers, the parameters of routes, and the serializers. */
import { z } from "zod";
import { speedOf } from "../../app/sweeps/sweep-view.ts";
import { OPERATORS } from "../../domain/filter.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import { note } from "../../domain/notes.ts";
import { IMPORTANCE_MEASURE } from "../../domain/sweeps/importance.ts";
import { MAX_TRIALS } from "../../domain/sweeps/method.ts";
import { SWEEP_STATES, type Sweep, trialsDone } from "../../domain/sweeps/sweep.ts";
import type { SweepImportance } from "../../domain/sweeps/sweep-importance.ts";
import { resolvedSweepSpec } from "../../domain/sweeps/sweep-spec.ts";
import { TRIAL_FIELDS, TRIAL_ORDERS, type TrialPage } from "../../domain/sweeps/sweep-store.ts";
import { TRIAL_STATES, trial } from "../../domain/sweeps/trial.ts";
import { filterOf, idOf, pageOf, spreadsheet, whole } from "./parameters.ts";
import { labelAnswer } from "./response-schemas.ts";
import { isoTime } from "./serializers.ts";
import { importanceExample, sweepExample, trialExample } from "./sweep-examples.ts";

const MAX_TRIAL_PAGE = 1000;

const time = z.iso.datetime();

const best = z
  .object({ number: z.int(), value: z.number() })
  .nullable()
  .meta({ description: "The best trial that was trained to its end; of equal ones the first by number." });

const progress = {
  done: z.int().meta({ description: "Trials that are over." }),
  total: z.int().meta({ description: "Trials that the sweep has." }),
  succeeded: z.int(),
  pruned: z.int(),
  failed: z.int(),
  generation: z.int().meta({ description: "The newest generation, or rung, counted from 0." }),
  best,
};

export const sweepAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(SWEEP_STATES),
    spec: resolvedSweepSpec,
    progress: z.object(progress),
    trials_per_second: z.number().nullable().meta({ description: "On average, over the time spent running." }),
    eta_s: z.number().nullable(),
    reproducible: z.boolean().meta({
      description:
        "Whether every trial and the winner are a function of the spec. false with `max_seconds`: how many trials there are depends on the machine.",
    }),
    job: z.string().nullable().meta({ description: "The job that the best trial became at the end." }),
    error: z.string().nullable().meta({ description: "Why the best trial was not promoted." }),
    memory_bytes: z.int().meta({ description: "That the training of one trial takes." }),
    transitions: z.array(z.object({ state: z.enum(SWEEP_STATES), at: time, reason: z.string() })),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    ...labelAnswer,
  })
  .meta({ id: "Sweep", description: "Many trainings of one job spec.", examples: [sweepExample] });

const pageOfAnswers = <T extends z.ZodType>(item: T) =>
  z.object({
    data: z.array(item),
    has_more: z.boolean(),
    next_after: z.string().nullable().meta({ description: "Pass it as `after` for the next page." }),
  });

export const sweepsAnswer = pageOfAnswers(sweepAnswer).meta({ id: "SweepPage", description: "Sweeps, newest first." });

const submittedSweepAnswer = sweepAnswer.extend({ notes: z.array(note) }).meta({
  id: "SubmittedSweep",
  description: "A sweep that was just queued, with notes on its data.",
  examples: [{ ...sweepExample, notes: [] }],
});

const sweepValidationAnswer = z
  .object({
    valid: z.literal(true),
    spec: resolvedSweepSpec,
    memory_bytes: z.int(),
    rows: z.int().meta({ description: "Rows of the data that have a target, before any split." }),
    notes: z.array(note),
  })
  .meta({
    id: "SweepValidation",
    description: "The resolved spec of a sweep.",
    examples: [{ valid: true, spec: sweepExample.spec, memory_bytes: 131_072, rows: 200, notes: [] }],
  });

/** The success of a submission, for all its statuses. */
export const sweepSubmissionAnswer = z.union([submittedSweepAnswer, sweepValidationAnswer]).meta({
  id: "SweepSubmission",
  description: "The sweep, or with `validate_only=true` its resolved spec, which `valid` tells from a sweep.",
  examples: [{ ...sweepExample, notes: [] }],
});

export const trialsAnswer = z
  .object({
    data: z.array(trial),
    has_more: z.boolean(),
    next_after: z.int().nullable().meta({ description: "Pass it as `after` for the next page." }),
  })
  .meta({
    id: "TrialPage",
    description: "Trials that have a result.",
    examples: [{ data: [trialExample], has_more: true, next_after: trialExample.number }],
  });

export const importanceAnswer = z
  .object({
    measure: z
      .string()
      .meta({ description: "What is measured: how much a parameter decides whether a trial is among the best tenth." }),
    source: z.string().meta({ description: "The publication of the measure." }),
    trials: z.int().meta({
      description: "Trials that it was computed from. Of a sweep of more than 10,000 trials, these are every n-th by number.",
    }),
    data: z.array(z.object({ pointer: z.string(), importance: z.number().min(0).max(1) })).meta({
      description:
        "The share of each parameter, the greatest first. They add up to 1, or are all 0 as long as the trials say nothing.",
    }),
  })
  .meta({
    id: "SweepImportance",
    description: "How much each parameter of a sweep matters.",
    examples: [importanceExample],
  });

/** The importance of parameters as the API shows it. */
export function representImportance({ trials, importances }: SweepImportance): z.output<typeof importanceAnswer> {
  const { name, source } = IMPORTANCE_MEASURE;
  return { measure: name, source, trials, data: [...importances] };
}

const frame = { seq: z.int(), sweep: z.string() };
const stateFrame = z
  .object({ type: z.literal("state"), ...frame, state: z.enum(SWEEP_STATES), at: time, reason: z.string() })
  .meta({ id: "SweepStateFrame", description: "The sweep has come into another state." });
const progressFrame = z
  .object({ type: z.literal("progress"), ...frame, at: time, ...progress })
  .meta({ id: "SweepProgressFrame", description: "Trials are over, or the next generation begins." });
const endFrame = z
  .object({
    type: z.literal("end"),
    ...frame,
    state: z.enum(SWEEP_STATES),
    reason: z.string(),
    best,
    job: z.string().nullable(),
    error: z.string().nullable(),
  })
  .meta({
    id: "SweepEndFrame",
    description: "Nothing follows: the sweep has ended, or the server is going down and `after` resumes.",
  });

export const sweepStreamFrame = z
  .discriminatedUnion("type", [stateFrame, progressFrame, endFrame])
  .meta({ id: "SweepFrame", description: "One message of a sweep's stream." });

export const sweepEventsAnswer = z
  .object({
    data: z.array(z.discriminatedUnion("type", [stateFrame, progressFrame])),
    has_more: z.boolean(),
    next_after: z.int().meta({ description: "Pass it as `after` for the next page." }),
  })
  .meta({
    id: "SweepEventPage",
    description: "A sweep's events in the order of their sequence numbers, which have no gaps.",
  });

export const sweepParams = z.object({ id: idOf(ID_PREFIXES.sweep, "sweep") });
export const trialParams = sweepParams.extend({
  number: whole
    .min(0)
    .max(MAX_TRIALS)
    .meta({ description: "The number of the trial, counted from 0.", examples: [41] }),
});
export const sweepsQuery = z.object({
  state: z.enum(SWEEP_STATES).optional().meta({ description: "Only sweeps in this state." }),
  name: z.string().max(200).optional().meta({ description: "Only sweeps of exactly this name." }),
  ...pageOf(ID_PREFIXES.sweep),
});

const bound = z.coerce.number<string>();
export const trialsQuery = z.object({
  order_by: z.enum(TRIAL_ORDERS).default("number").meta({
    description: "With `-`, the greatest comes first. By value, trials without one come last.",
  }),
  state: z.enum(TRIAL_STATES).optional().meta({ description: "Only trials in this state." }),
  min_value: bound.optional().meta({ description: "Only trials with at least this value." }),
  max_value: bound.optional().meta({ description: "Only trials with at most this value." }),
  filter: filterOf(TRIAL_FIELDS)
    .optional()
    .meta({
      description: `Conditions that must all hold, as \`value < 0.3 and params."/optimizer/lr" >= 1e-3\`. Fields are ${Object.keys(TRIAL_FIELDS).join(", ")}, operators ${OPERATORS.join(" ")}; a literal is a number, text in double quotes, true, false or null. A trial for which a parameter is inactive fails every condition on it.`,
      examples: ['state = "succeeded" and params."/model/layers/0/units" != 4'],
    }),
  after: whole
    .min(0)
    .max(MAX_TRIALS)
    .optional()
    .meta({ description: "The number of the last trial of the page before (`next_after`)." }),
  limit: whole
    .min(1)
    .max(MAX_TRIAL_PAGE)
    .default(50)
    .meta({ description: "Most trials in the answer. A CSV has all of them." }),
  spreadsheet,
});

/** A sweep as the API shows it. */
export function representSweep(sweep: Sweep): z.output<typeof sweepAnswer> {
  const { spec, succeeded, pruned, failed, generation } = sweep;
  const { trialsPerSecond, etaS } = speedOf(sweep, Date.now());
  return {
    id: sweep.id,
    name: sweep.name,
    state: sweep.state,
    spec,
    progress: {
      done: trialsDone(sweep),
      total: spec.trials,
      ...{ succeeded, pruned, failed, generation },
      best: sweep.best && { ...sweep.best },
    },
    trials_per_second: trialsPerSecond,
    eta_s: etaS,
    reproducible: spec.max_seconds === null,
    job: sweep.isPromoted ? sweep.bestJobId : null,
    error: sweep.error,
    memory_bytes: sweep.memoryBytes,
    transitions: sweep.transitions.map(({ state, at, reason }) => ({ state, at: isoTime(at), reason })),
    created_at: isoTime(sweep.createdAt),
    started_at: sweep.startedAt === null ? null : isoTime(sweep.startedAt),
    finished_at: sweep.finishedAt === null ? null : isoTime(sweep.finishedAt),
    tags: { ...sweep.tags },
    note: sweep.note,
  };
}

/** A page of trials as the API shows it. */
export function representTrials({ data, hasMore, nextAfter }: TrialPage): z.output<typeof trialsAnswer> {
  return { data: [...data], has_more: hasMore, next_after: nextAfter };
}
