/**
 * Rows that nobody sent, made of the columns of others, through the network a whole block at a time. Knows features and numbers of answers, and
 * no columns.
 */
import type { Model } from "../../domain/models/model.ts";
import { answerNumbers } from "../predict/answer-numbers.ts";
import type { Inference } from "../predict/inference.ts";

/** Receives the numbers of the answer to a row, in the order in which rows were begun. */
export type OnAnswer = (numbers: readonly number[]) => void;

/** Rows on their way through a network. */
export interface Composites {
  /** The features of all rows of the block. They are whatever they were before: the row that is begun must be written whole. */
  readonly x: Float32Array;
  /** Begins a row and returns where its features go. May run the block before, and call back for its rows. */
  begin(onAnswer: OnAnswer): number;
  /** Runs what has been begun. */
  flush(): void;
  /** Rows that went through so far. */
  readonly count: number;
}

/** Composites of a model. `inference` must not predict anything else before `flush`. */
export function createComposites(model: Model, { large: { rows, x, y, run } }: Inference): Composites {
  const { inputWidth, outputWidth } = model;
  const waiting: OnAnswer[] = [];
  let count = 0;
  const flush = () => {
    if (waiting.length === 0) return;
    run();
    count += waiting.length;
    for (let row = 0; row < waiting.length; row++) (waiting[row] as OnAnswer)(answerNumbers(model, y, row * outputWidth));
    waiting.length = 0;
  };
  return {
    x,
    begin(onAnswer) {
      if (waiting.length === rows) flush();
      waiting.push(onAnswer);
      return (waiting.length - 1) * inputWidth;
    },
    flush,
    get count() {
      return count;
    },
  };
}
