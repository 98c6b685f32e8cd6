/** Names and addresses of models, as the page shows them. Pure. */
import type { Model } from "../../../client/answers.ts";
import type { Task } from "../../../domain/spec/spec.ts";

export const TASK_LABELS: Readonly<Record<Task, string>> = {
  regression: "Regression",
  binary_classification: "Two classes",
  multiclass_classification: "Several classes",
};

export const modelLabel = ({ name, version }: Pick<Model, "name" | "version">): string => `${name}, version ${version}`;

export const modelHref = ({ id }: Pick<Model, "id">): string => `/models/${encodeURIComponent(id)}`;

/** Returns the address at which two models are compared. */
export const compareHref = (a: string, b: string): string => `/models/${encodeURIComponent(a)}?with=${encodeURIComponent(b)}`;
