import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { run } from "./binary.ts";

const { stdout: script } = await run(["completion", "bash"]);

/** What bash offers after these words, the last of which is unfinished. */
function complete(...words: string[]): string[] {
  const call = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _trainyard; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", `${script}\n${call}`, "bash", "trainyard", ...words], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

describe("completion in bash", () => {
  it("knows commands and their commands", () => {
    expect(complete("tr")).toEqual(["train"]);
    expect(complete("datasets", "")).toEqual(["add", "list", "show", "correct", "rm"]);
  });

  it("knows options of the command, and their choices", () => {
    expect(complete("train", "--tar")).toEqual(["--target"]);
    expect(complete("jobs", "sh")).toEqual(["show"]);
    expect(complete("jobs", "--state", "pa")).toEqual(["pausing", "paused"]);
    expect(complete("export", "iris", "--format", "o")).toEqual(["onnx"]);
  });

  it("completes files where a command takes them", () => {
    expect(complete("datasets", "add", "package.js")).toEqual(["package.json"]);
  });
});

it.each(["bash", "zsh", "fish"])("there is a completion for %s that knows every command", async (shell) => {
  const { code, stdout } = await run(["completion", shell]);
  expect(code).toBe(0);
  for (const command of ["serve", "train", "predict", "doctor"]) expect(stdout).toContain(command);
});
