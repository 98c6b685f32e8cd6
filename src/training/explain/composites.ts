/**
 * Runs composed rows, made of columns of other rows, through the network a whole block at a time. Knows features and numbers of answers,
 * but no columns.
 */
import type { Model } from "../../domain/models/model.ts";
import { answerNumbers } from "../predict/answer-numbers.ts";
import type { Inference } from "../predict/inference.ts";

/** Receives the numbers of the answer to a row, and the token that it was started with, in the order in which rows were started. */
export type OnAnswer = (numbers: readonly number[], token: number) => void;

/** Rows on their way through a network. */
export interface Composites {
  /** The features of all rows of the block. They contain old values: a started row must be written in full. */
  readonly x: Float32Array;
  /**
   * Starts a row and returns the offset of its features. May run the block before, and call back for its rows. The previous row lies right
   * before it, unless it is the first of a block, at 0.
   */
  begin(onAnswer: OnAnswer, token?: number): number;
  /** Runs the rows that were started. */
  flush(): void;
  /** Number of rows run so far. */
  readonly count: number;
}

/** Creates the composites of a model. `inference` must not predict anything else before `flush`. */
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
