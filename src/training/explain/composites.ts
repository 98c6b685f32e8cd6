/**
 * Rows that nobody sent, made of the columns of others, through the network a whole block at a time. Knows features and numbers of answers, and
 * no columns.
 */
import type { Model } from "../../domain/models/model.ts";
import { answerNumbers } from "../predict/answer-numbers.ts";
import type { Inference } from "../predict/inference.ts";

/** Receives the numbers of the answer to a row, and the token that it was begun with, in the order in which rows were begun. */
export type OnAnswer = (numbers: readonly number[], token: number) => void;

/** Rows on their way through a network. */
export interface Composites {
  /** The features of all rows of the block. They are whatever they were before: the row that is begun must be written whole. */
  readonly x: Float32Array;
  /**
   * Begins a row and returns where its features go. May run the block before, and call back for its rows. The row that was begun before it
   * lies right before it, unless it is the first of a block, at 0.
   */
  begin(onAnswer: OnAnswer, token?: number): number;
  /** Runs what has been begun. */
  flush(): void;
  /** Rows that went through so far. */
  readonly count: number;
}

/** Composites of a model. `inference` must not predict anything else before `flush`. */
export function createComposites(model: Model, { large: { rows, x, y, run } }: Inference): Composites {
  const { inputWidth, outputWidth } = model;
  const waiting: OnAnswer[] = [];
  const tokens = new Int32Array(rows);
  let count = 0;
  const flush = () => {
    if (waiting.length === 0) return;
    run();
    count += waiting.length;
    for (let row = 0; row < waiting.length; row++) {
      const numbers = answerNumbers(model, y, row * outputWidth);
      (waiting[row] as OnAnswer)(numbers, tokens[row] as number);
    }
    waiting.length = 0;
  };
  return {
    x,
    begin(onAnswer, token = 0) {
      if (waiting.length === rows) flush();
      tokens[waiting.length] = token;
      waiting.push(onAnswer);
      return (waiting.length - 1) * inputWidth;
    },
    flush,
    get count() {
      return count;
    },
  };
}
