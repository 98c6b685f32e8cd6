/**
 * MLflow's operations that do not exist here: each is refused in MLflow's error format, with the operation here that does the same.
 * Otherwise clients would hear that there is no such endpoint.
 */
import { TrainyardError } from "../../../domain/errors.ts";
import type { App } from "../../context.ts";

/** Paths below `/api/2.0/mlflow/`, and the messages. */
const REFUSED: Readonly<Record<string, string>> = {
  "POST registered-models/create":
    "a registered model is created with its first version, by a job or an import: submit a job with this name (POST /v1/jobs), or send weights (POST /v1/models)",
  "POST registered-models/rename":
    "a name cannot be changed: train or import the model under the other name, and move the alias that its users ask for",
  "PATCH registered-models/update": "a name has no description: write a note on the job of a version (PATCH /v1/jobs/{id})",
  "DELETE registered-models/delete": "a name is deleted with its last version: delete its versions (DELETE /v1/models/{id})",
  "POST registered-models/set-tag": "a name has no tags of its own: tag a version (model-versions/set-tag)",
  "DELETE registered-models/delete-tag":
    "a name has no tags of its own: delete the tag of a version (model-versions/delete-tag)",
  "POST model-versions/create":
    "jobs and imports create versions, with their weights: submit a job with this name (POST /v1/jobs), or send weights (POST /v1/models); an alias says which one is in use",
  "PATCH model-versions/update":
    "a version has no description: write a note on its job (PATCH /v1/jobs/{id}), or tag it (model-versions/set-tag)",
  "DELETE model-versions/delete": "models are deleted by their own API, which says what else uses them: DELETE /v1/models/{id}",
  "POST model-versions/transition-stage":
    "there are no stages, which MLflow itself has given up: set an alias instead (registered-models/alias), and load models:/NAME@ALIAS",
};

/** Registers them in the scope of the protocol. */
export function registerRefused(scope: App): void {
  for (const [call, detail] of Object.entries(REFUSED)) {
    const [method = "", path = ""] = call.split(" ");
    scope.route({
      method,
      url: `/api/2.0/mlflow/${path}`,
      schema: { hide: true, operationId: "mlflowWrite" },
      // Before a body is read, which may have any size.
      preParsing: async () => {
        throw new TrainyardError("malformed", detail);
      },
      handler: async () => ({}),
    });
  }
}
