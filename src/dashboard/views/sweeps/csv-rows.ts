/** Reads CSV (RFC 4180) row by row. Pure. */

/** Iterates over the rows of a text as their cells; what is quoted may have commas, quotes and line ends. */
export function* rowsOf(text: string): Generator<string[], void, void> {
  for (let at = 0; at < text.length; ) {
    const end = endOf(text, at);
    const line = text.slice(at, text[end - 1] === "\r" ? end - 1 : end);
    if (line !== "") yield line.includes('"') ? cellsOf(line) : line.split(",");
    at = end + 1;
  }
}

/** Returns where the row that begins at `start` ends: at its line feed, or after the text. */
function endOf(text: string, start: number): number {
  let isQuoted = false;
  for (let from = start; ; ) {
    const end = text.indexOf("\n", from);
    if (end < 0) return text.length;
    for (let quote = text.indexOf('"', from); quote >= 0 && quote < end; quote = text.indexOf('"', quote + 1))
      isQuoted = !isQuoted;
    if (!isQuoted) return end;
    from = end + 1;
  }
}

/** The cells of a row with quotes. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) {
    cells.push(match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'));
    if (match[3] === "") break;
  }
  return cells;
}
