/** The decision boundary of a classifier of two numbers, as a picture of block characters. */
import type { Client } from "../client/client.ts";
import type { Terminal } from "./terminal.ts";

/** The part of the plane that the two moons lie in. */
const WINDOW = { left: -1.5, right: 2.5, bottom: -1, top: 1.5 };
const COLUMNS = 36;
const ROWS = 11;
/** Shades from probability 0 to 1. */
const SHADES = [" ", "░", "▒", "▓", "█"] as const;

/** Returns the lines of a picture: a model's probability of class 1 over the plane. Rejects as the client does. */
export async function drawField(client: Client, modelId: string, { paint }: Terminal): Promise<string[]> {
  const points = Array.from({ length: ROWS * COLUMNS }, (_, index) => pointAt(index % COLUMNS, Math.floor(index / COLUMNS)));
  const answers = await client.predict(modelId, points);
  const shades = answers.map((answer) => {
    const probability = "probabilities" in answer ? (answer.probabilities["1"] ?? 0) : 0;
    return SHADES[Math.min(SHADES.length - 1, Math.floor(probability * SHADES.length))] ?? " ";
  });
  return Array.from({ length: ROWS }, (_, row) => paint.cyan(shades.slice(row * COLUMNS, (row + 1) * COLUMNS).join("")));
}

function pointAt(column: number, row: number): [number, number] {
  const { left, right, bottom, top } = WINDOW;
  return [left + ((right - left) * (column + 0.5)) / COLUMNS, top - ((top - bottom) * (row + 0.5)) / ROWS];
}

/** Width of a picture in characters. */
export const FIELD_WIDTH = COLUMNS;
