/** The texts of a data set's column by row, for text columns and for labels. */
import type { Column, ColumnValues } from "../../../domain/datasets/dataset.ts";
import { textsOf } from "../../../domain/datasets/texts.ts";

/** Returns the text of each row, empty where it is missing. */
export function textReader({ categories }: Pick<Column, "categories">, values: ColumnValues): (row: number) => string {
  if (values instanceof Uint8Array) {
    const texts = textsOf(values);
    return (row) => texts[row] ?? "";
  }
  return (row) => categories?.[values[row] as number] ?? "";
}
