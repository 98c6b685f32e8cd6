/** A diverged job in words, for the command line and the page. */
export { type DivergenceFact, divergenceFacts } from "../domain/jobs/divergence-words.ts";
