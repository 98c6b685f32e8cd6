import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { auditLines } from "../../src/cli/leaderboard.ts";
import { createTerminal, shellWord } from "../../src/cli/terminal.ts";
import { labelChanges } from "../../src/cli/values.ts";

/** The words that a real shell makes of a text. */
const wordsOf = (text: string): string[] =>
  spawnSync("sh", ["-c", `printf '%s\\0' ${text}`], { encoding: "utf8" })
    .stdout.split("\0")
    .slice(0, -1);

const texts = fc
  .array(fc.oneof(fc.constantFrom("'", '"', "\\", "$HOME", "`id`", "$(id)", " ", "\n", "*", "!", "~", "-", "é"), fc.string()), {
    maxLength: 6,
  })
  // No word of a command has a NUL, and text that is no Unicode has no bytes.
  .map((parts) => parts.join("").replaceAll("\0", "").toWellFormed());

it("a text is one word of a shell, whatever is in it", { skip: process.platform === "win32" }, () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 40 }), (all) => {
      expect(wordsOf(all.map(shellWord).join(" "))).toEqual(all);
    }),
    { numRuns: 25 },
  );
});

it("the correction that an audit prints is safe to paste", () => {
  const label = { row: 4, label: "a", suggested: "it's $(id)", label_probability: 0, suggested_probability: 1, doubtful: true };
  const terminal = createTerminal({ columns: 80, write: () => true } as unknown as NodeJS.WriteStream, {});
  const lines = auditLines({ rows: 9, repeats: 1, folds: 5, doubtful: 1, labels: [label] }, "ds_1 --column y", terminal);
  expect(lines.at(-1)).toBe(`  correct with: trainyard datasets correct ds_1 --column y --set '5=it'\\''s $(id)'`);
});

it("labels are set, removed where they are empty, and left alone where they are not named", () => {
  expect(labelChanges({ team: "a", draft: null }, undefined)).toEqual({ tags: { team: "a", draft: null } });
  expect(labelChanges({}, "")).toEqual({ note: null });
  expect(labelChanges({}, "x")).toEqual({ note: "x" });
  expect(() => labelChanges({}, undefined)).toThrow("nothing to change");
});
