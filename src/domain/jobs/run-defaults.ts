/** How a job is run unless its spec says otherwise. Apart from the schema, so that the thread of the database need not load Zod. */

/** Also the values for a spec that was stored before these fields existed. Seconds are of training. */
export const DEFAULT_RUN_OPTIONS = Object.freeze({
  checkpoint: Object.freeze({ every_epochs: null, every_seconds: 10, min_seconds: 2, keep: 2 }),
  priority: 0,
  max_seconds: 86_400,
  max_retries: 2,
  webhook: null,
});
