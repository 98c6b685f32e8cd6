/** The sections of a card about the model and its making: purpose, data, training, receipt. */
import type { ModelCardFacts } from "../../domain/model-card/facts.ts";
import type { PartEvaluation } from "../../domain/models/evaluation.ts";
import { type ModelInput, modelInputs } from "../../domain/models/model-inputs.ts";
import { MAX_NOTES } from "../../domain/notes.ts";
import { isSearch, type ResolvedSpec } from "../../domain/spec/spec.ts";
import { type Markup, markup } from "./markup.ts";
import { chosen, count, counted, duration, first, NOT_KNOWN, short, time, value } from "./numbers.ts";

const MAX_COLUMNS = 60;
const MAX_LABELS = 12;
const LABELS_OF_COLUMN = 6;
const MAX_TAGS = 20;
const MAX_LAYERS = 40;
const MAX_CANDIDATES = 12;
const MAX_NOTE = 2000;

type Fact = readonly [name: string, value: string | Markup | null];

/** Names and values; null is left out. */
const facts = (entries: readonly Fact[]): Markup =>
  markup`<dl>${entries.flatMap(([name, held]) => (held === null ? [] : [markup`<dt>${name}</dt><dd>${held}</dd>\n`]))}</dl>`;

/** A table that scrolls by itself if it is too wide. */
export const table = (head: readonly Markup[], rows: readonly Markup[]): Markup =>
  markup`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;

export const section = (title: string, content: Markup, kind = ""): Markup =>
  markup`<section class="${kind}"><h2>${title}</h2>\n${content}</section>\n`;

const TASKS = {
  regression: "a number",
  binary_classification: "one of two classes",
  multiclass_classification: "one of several classes",
} as const;

/** What the model predicts, from what, in a sentence. */
export function purpose({ model }: ModelCardFacts): string {
  const targets = model.preprocessing?.targets.map(({ column }) => column) ?? [];
  const what =
    targets.length > 0
      ? `${first(targets, 5)
          .shown.map((name) => short(name, 60))
          .join(", ")}: `
      : "";
  const kind = model.quantiles
    ? "quantiles of a number"
    : model.outputWidth > 1 && model.task === "regression"
      ? `${model.outputWidth} numbers`
      : TASKS[model.task];
  return `It predicts ${what}${kind}, from ${counted(model.preprocessing?.columns.length ?? model.inputWidth, "column")}.`;
}

/** Which version of its name the model is. */
export function whichOf({ model, checkpoint }: ModelCardFacts): string {
  if (!checkpoint) return `v${model.version}`;
  const { epoch, step } = checkpoint;
  return `checkpoint after epoch ${count(epoch)}${step > 0 ? ` and ${counted(step, "step")}` : ""}`;
}

export function aboutSection(card: ModelCardFacts): Markup {
  const { model, job } = card;
  const tags = Object.entries({ ...job?.tags, ...model.tags }).map(([name, held]) => `${name} = ${short(held, 60)}`);
  const classes = first(model.classes, 2 * MAX_LABELS);
  return section(
    "What it is for",
    markup`<p class="lead">${purpose(card)}</p>
<p>${job?.note ? short(job.note, MAX_NOTE) : "What it is to be used for was not written down: the note of its job is the place."}</p>
${facts([
  ["Model", card.checkpoint ? `${model.name}, ${whichOf(card)}` : `${model.name}, version ${model.version}`],
  ["Names", model.aliases.length > 0 ? listed(first(model.aliases, MAX_TAGS)) : null],
  ["Classes", model.classes.length > 0 ? listed(classes) : null],
  [
    "Threshold",
    model.threshold === undefined
      ? null
      : `${chosen(model.threshold)}, the probability of ${short(model.classes[1] ?? "", 60)} above which a row is said to be of it`,
  ],
  ["Quantiles", model.quantiles ? model.quantiles.map(chosen).join(", ") : null],
  ["Tags", tags.length > 0 ? listed(first(tags, MAX_TAGS), 130) : null],
  ["Made", time(model.createdAt)],
  ["Id", markup`<code>${model.id}</code>`],
])}`,
  );
}

function listed({ shown, rest }: { shown: readonly string[]; rest: number }, most = 40): string {
  return `${shown.map((label) => (label === "" ? '""' : short(label, most))).join(", ")}${rest > 0 ? ` and ${count(rest)} more` : ""}`;
}

export function dataSection(card: ModelCardFacts): Markup {
  const { model, job, evaluation } = card;
  const { data } = model.receipt;
  const inputs = first(modelInputs(model, MAX_COLUMNS + 1), MAX_COLUMNS);
  const total = model.preprocessing?.columns.length ?? model.inputWidth;
  const notes = job?.notes ?? [];
  return section(
    "Data",
    markup`${facts([
      ["Source", sourceOf(card)],
      ["Training rows", rowsOf(evaluation?.train)],
      [card.model.search ? "Out-of-fold rows" : "Validation rows", evaluation && (rowsOf(evaluation.validation) ?? "none")],
      ["Test rows", evaluation && (rowsOf(evaluation.test) ?? "none")],
      ["Held out", job ? splitOf(job.spec) : NOT_KNOWN],
      ["Weights of rows", job && "dataset" in job.spec.data ? (job.spec.data.dataset.weights ?? null) : null],
      ["SHA-256", data ? markup`<code>${data.sha256}</code>` : NOT_KNOWN],
    ])}
<h3>Columns as they are read</h3>
${table([markup`<th>Column</th><th>Type</th><th>Values</th>`], inputs.shown.map(columnRow))}
${total > inputs.shown.length ? markup`<p class="dim">${count(total - inputs.shown.length)} more columns are not listed.</p>` : null}
<h3>Noticed while it was read</h3>
${
  job
    ? notes.length === 0
      ? markup`<p>Nothing was left out or guessed.</p>`
      : markup`<ul>${notes.slice(0, MAX_NOTES).map((note) => markup`<li>${short(note.detail)} <span class="dim">(${short(note.cure)})</span></li>\n`)}</ul>`
    : markup`<p>Not known: ${jobGone(card)}.</p>`
}`,
  );
}

const jobGone = ({ model }: ModelCardFacts): string =>
  model.jobId === null ? "the model was imported, and its training took place elsewhere" : "its job was deleted";

const rowsOf = (part: PartEvaluation | null | undefined): string | null => (part ? count(part.rows) : null);

function sourceOf(card: ModelCardFacts): string {
  const { job, dataset, model } = card;
  if (!job) return `not known: ${jobGone(card)}`;
  const { data } = job.spec;
  if ("generator" in data) return `generated: ${data.generator.type}`;
  if ("inline" in data) return `${counted(data.inline.rows, "row")} that came with the request`;
  if (!dataset) return `a data set that was deleted since${model.receipt.data ? "; its SHA-256 remains" : ""}`;
  return `${dataset.name}, a table of ${counted(dataset.rows, "row")} and ${counted(dataset.columnCount, "column")} (${dataset.format}, ${time(dataset.createdAt)})`;
}

function splitOf({ split, model }: ResolvedSpec): string {
  if ("auto" in model)
    return `nothing for good: every row was predicted by networks that had not seen it, in ${model.auto.folds} folds${split ? ", besides the rows named above" : ""}`;
  if (!split) return "nothing";
  const shown = Object.entries(split).filter(
    ([, held]) => ["number", "string", "boolean"].includes(typeof held) && held !== 0 && held !== false,
  );
  if (shown.length === 0) return "rows that were named by their positions";
  return shown
    .map(([name, held]) => `${name.replaceAll("_", " ")} ${typeof held === "number" ? chosen(held) : held}`)
    .join(", ");
}

function columnRow({ name, type, categories, usual, spread }: ModelInput): Markup {
  const missing =
    usual === null ? null : `a missing one counts as ${short(typeof usual === "number" ? value(usual) : usual, 60)}`;
  const scaled = spread === null ? null : `scaled by ${value(spread)}`;
  const labels = categories && listed(first(categories, LABELS_OF_COLUMN));
  return markup`<tr><th scope="row">${short(name, 80)}</th><td class="kind">${type}</td><td>${[labels, missing, scaled].filter((text) => text !== null).join("; ")}</td></tr>\n`;
}

export function trainingSection(card: ModelCardFacts): Markup {
  const { model, job } = card;
  const spec = job?.spec ?? null;
  return section(
    "How it was trained",
    markup`${spec === null ? markup`<p>Options of the training are not known: ${jobGone(card)}.</p>` : null}
${facts([
  [
    "Network",
    model.search
      ? `an average of ${counted(model.search.candidates.filter(({ weight }) => weight > 0).length, "candidate")}, each trained on ${model.search.folds} folds`
      : layersOf(model.layers),
  ],
  ["Parameters", count(model.parameters)],
  ...(spec && !isSearch(spec) ? optionsOf(spec, card) : []),
  ["Seed", spec && String(spec.seed)],
  ["Took", job?.startedAt && job.finishedAt ? duration((job.finishedAt - job.startedAt) / 1000) : null],
])}
${model.search ? candidates(card) : null}`,
  );
}

/** How far the training had come. */
function epochsOf(spec: ResolvedSpec, { model, job, checkpoint }: ModelCardFacts): string {
  if (checkpoint) return `${count(checkpoint.epoch)} of ${count(spec.epochs)} when it was taken; its job is ${job?.state}`;
  const best = model.metrics.best.epoch;
  const stopped = job && job.epochsDone < spec.epochs ? ` of at most ${count(spec.epochs)}` : "";
  const weights = best === undefined ? "" : `; it has the weights of epoch ${count(best)}`;
  return `${count(job?.epochsDone ?? spec.epochs)}${stopped}${weights}`;
}

function optionsOf(spec: ResolvedSpec, card: ModelCardFacts): readonly Fact[] {
  return [
    ["Loss", typed(spec.loss)],
    ["Optimiser", typed(spec.optimizer)],
    ["Schedule", spec.scheduler ? typed(spec.scheduler) : "none"],
    ["Batch", spec.batch_size === null ? "all rows at once" : counted(spec.batch_size, "row")],
    ["Epochs", epochsOf(spec, card)],
    ["Started from", spec.init_from === null ? null : "the weights of another model"],
  ];
}

/** An object with a type as text: `adam (lr 0.01)`. */
function typed(option: { readonly type: string }): string {
  const rest = Object.entries(option).filter(
    ([name, held]) => name !== "type" && ["number", "string", "boolean"].includes(typeof held),
  );
  const text = rest.map(([name, held]) => `${name} ${typeof held === "number" ? chosen(held) : held}`).join(", ");
  return text === "" ? option.type : `${option.type} (${text})`;
}

function layersOf(layers: ModelCardFacts["model"]["layers"]): string {
  const { shown, rest } = first(layers, MAX_LAYERS);
  const names = shown.map((layer) => ("units" in layer && layer.units ? `${layer.type} ${layer.units}` : layer.type));
  return `${names.join(" → ")}${rest > 0 ? ` → ${count(rest)} more layers` : ""}`;
}

function candidates({ model: { search } }: ModelCardFacts): Markup | null {
  if (!search) return null;
  const { shown, rest } = first(search.candidates, MAX_CANDIDATES);
  const rows = shown.map(
    ({ name, score, weight }) =>
      markup`<tr><th scope="row">${short(name, 80)}</th><td class="num">${score === null ? "diverged" : value(score)}</td><td class="num">${weight === 0 ? "–" : value(weight)}</td></tr>\n`,
  );
  return markup`<h3>What was tried</h3>
${table([markup`<th>Candidate</th><th class="num">${search.metric.replaceAll("_", " ")}</th><th class="num">Share</th>`], rows)}
<p class="dim">Each by the rows that its networks had not seen.${rest > 0 ? ` ${count(rest)} more were tried.` : ""}</p>`;
}

/** Why a model cannot be trained again by its server, as `POST /v1/models/{ref}/reproduce` has it; null where it can. */
function whyNotAgain({ model: { receipt }, job, dataset, checkpoint }: ModelCardFacts): string | null {
  if (checkpoint) return "A checkpoint is not trained again by itself: the final model of its job is.";
  const hasRows = job !== null && (!("dataset" in job.spec.data) || dataset !== null);
  if (hasRows && receipt.data !== null && receipt.engineVersion !== null) return null;
  return "It cannot be trained again from here: what it was made of is not here any more.";
}

export function receiptSection(card: ModelCardFacts): Markup {
  const { model, job, serverVersion } = card;
  const { data, specSha256, engineVersion } = model.receipt;
  const hash = (text: string | null | undefined) => (text ? markup`<code>${text}</code>` : NOT_KNOWN);
  const reason = whyNotAgain(card);
  return section(
    "Receipt",
    markup`<p>${
      reason ?? "The same rows, spec and engine give the same weights, bit by bit. To see it, on a server of the engine below:"
    }</p>
${reason === null ? markup`<pre><code>curl -X POST SERVER/v1/models/${model.id}/reproduce</code></pre>` : null}
${facts([
  ["Rows", hash(data?.sha256)],
  ["Spec", hash(specSha256)],
  ["Engine", engineVersion ?? NOT_KNOWN],
  ["Weights", hash(model.sha256)],
  ["Job", model.jobId === null ? "none: it was imported" : markup`<code>${model.jobId}</code>${job ? "" : " (deleted)"}`],
  ["Card by", `Trainyard ${serverVersion}`],
])}
<p class="dim">Hashes are SHA-256.</p>`,
  );
}
