/** A diverged job in words, for the command line and the page. */
export { divergenceFacts } from "../domain/jobs/divergence-text.ts";
