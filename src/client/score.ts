/** A score in words, for the command line and the page. */
export * from "../domain/score-text.ts";
