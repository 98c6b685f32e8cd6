import { describe, expect, it } from "vitest";
import { bar, createTerminal, sparkline, table, visibleLength } from "../../src/cli/terminal.ts";

function fakeStream(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, columns: 100, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  return { stream, text: () => written.join("") };
}

const plain = createTerminal(fakeStream(false).stream, {});
const coloured = createTerminal(fakeStream(true).stream, {});

describe("a terminal", () => {
  it("has colours only where somebody looks and nobody minds", () => {
    expect(coloured.paint.red("x")).toBe("\u001b[31mx\u001b[0m");
    expect(plain.paint.red("x")).toBe("x");
    expect(createTerminal(fakeStream(true).stream, { NO_COLOR: "1" }).paint.red("x")).toBe("x");
    expect(createTerminal(fakeStream(true).stream, { TERM: "dumb" }).paint.red("x")).toBe("x");
  });

  it("is not moved, named or turned around by texts of others", () => {
    const { stream, text } = fakeStream(true);
    const terminal = createTerminal(stream, {});
    terminal.print(`${terminal.paint.red("a\u001b]0;title\u0007\u009b2J\r\u202eb")}\tc\nd`);
    terminal.redraw(["\u001b[2Ja"]);
    expect(text()).toBe("\u001b[31ma\ufffd]0;title\ufffd\ufffd2J\ufffd\ufffdb\u001b[0m\tc\nd\n\u001b[?25l\ufffd[2Ja\u001b[K\n");
    const piped = fakeStream(false);
    createTerminal(piped.stream, {}).print("a\rb");
    expect(piped.text()).toBe("a\rb\n");
  });

  it("draws over what it drew, and gives the cursor back", () => {
    const { stream, text } = fakeStream(true);
    const terminal = createTerminal(stream, {});
    terminal.redraw(["a", "b"]);
    terminal.redraw(["c", "d"]);
    terminal.endRedraw();
    expect(text()).toBe("\u001b[?25la\u001b[K\nb\u001b[K\n\u001b[2Ac\u001b[K\nd\u001b[K\n\u001b[?25h");
  });
});

describe("shapes", () => {
  it("bars are as wide as they are told, whatever their share", () => {
    for (const share of [-1, 0, 0.26, 0.5, 1, 2]) expect(visibleLength(bar(share, 10, coloured))).toBe(10);
    expect(bar(0.25, 10, plain)).toBe("━━╸───────");
  });

  it("sparklines go from the least to the greatest value", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([5, 5])).toBe("▁▁");
    expect(sparkline([1, Number.NaN, 2])).toBe("▁ █");
    expect(sparkline([])).toBe("");
    expect(sparkline([0, 0.1, 6], { from: 0, to: 0.25 })).toBe("▁▄█");
  });

  it("tables align by what is seen, not by what is written", () => {
    const rows = [
      ["name", "value"],
      [coloured.paint.green("a"), "1"],
      ["long name", "22"],
    ];
    expect(table(rows, plain).map((line) => visibleLength(line))).toEqual([16, 12, 13]);
  });

  it("tables leave out what is empty, and cut the widest columns until a line fits, where somebody reads them", () => {
    const rows = [
      ["name", "left", "result"],
      ["n".repeat(90), "", "accuracy 95.6 %"],
      [coloured.paint.green("m".repeat(90)), "", "r".repeat(60)],
    ];
    const lines = table(rows, coloured);
    expect(lines.map((line) => visibleLength(line))).toEqual([100, 66, 100]);
    expect(lines[1]).toContain("…");
    expect(lines[1]).toContain("accuracy 95.6 %");
    expect(table(rows, plain)[0]).toContain("left");
  });
});
