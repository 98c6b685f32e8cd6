/** The groups of operations in the OpenAPI document. */

/** The group of the routes that speak another server's protocol. */
export const FOREIGN_TAG = "dialects";

/** The groups of operations, in the order of the document. */
export const TAGS = [
  { name: "datasets", description: "Upload a table, inspect its columns, train on it by its id." },
  { name: "jobs", description: "Train: submit a job, watch it, cancel it." },
  { name: "sweeps", description: "Many trainings of one job: search its parameters, or cross-validate it." },
  { name: "schedules", description: "Fetch a table again and again, train on what is new, and keep what is better." },
  { name: "metrics", description: "The metrics of every epoch: as columns, as events, as a live stream." },
  { name: "models", description: "Trained models: weights, predictions and evaluations." },
  { name: FOREIGN_TAG, description: "The same models in the protocols of TensorFlow Serving and of Open Inference." },
  { name: "keys", description: "API keys, and the sessions of browsers." },
  { name: "service", description: "Health, and this document." },
];
