import { describe, expect, it } from "vitest";
import { reportError } from "../../src/cli/exit.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import { ApiError } from "../../src/client/error.ts";
import { asProblem } from "../../src/dashboard/shell/problem.ts";
import { CURE_CODES, notFound, type Resource, TrainyardError } from "../../src/domain/errors.ts";
import { toProblem } from "../../src/http/errors/problem.ts";

/** The problem of an error, as a client has it. */
const answered = (error: TrainyardError) => new ApiError(toProblem(error, { requestId: "1", bodyLimit: 1 }));

/** The line below the title, as a command prints it. */
function printed(error: TrainyardError): string {
  const lines: string[] = [];
  const terminal = createTerminal({ columns: 80, write: () => true } as unknown as NodeJS.WriteStream, {});
  reportError(answered(error), { ...terminal, print: (line = "") => void lines.push(line) }, false);
  return lines[1]?.trim() ?? "";
}

const shown = (error: TrainyardError) => asProblem(answered(error)).detail;

const LISTED: readonly Resource[] = [
  ...(["job", "data set", "model", "alias", "checkpoint", "sweep", "schedule", "schedule run", "forget run"] as const),
  ...(["key", "worker"] as const),
];

describe("what helps where something is not there", () => {
  it("is a command in the terminal, and no route on the page, whatever it is", () => {
    for (const resource of LISTED)
      for (const id of ["", "nope", "job_1"]) {
        const error = notFound(resource, id);
        for (const said of [printed(error), shown(error)]) {
          expect(said).not.toContain("/v1/");
          expect(error.message.startsWith(said.split(/(?:: |; )trainyard /)[0] as string), said).toBe(true);
        }
      }
  });

  it("has a command for each code but that of checkpoints, which no command lists", () => {
    for (const code of CURE_CODES) {
      const words = "GET /v1/somewhere lists them";
      const line = printed(new TrainyardError("not_found", `there is none: ${words}`, [], { code, words, of: "$&" }));
      expect(line, code).toMatch(code === "list_checkpoints" ? /^there is none$/ : /^there is none: trainyard \w+/);
      if (/^(?:list_versions|show_job)$/.test(code)) expect(line).toContain(" $& ");
    }
  });

  it("is an option where a table or its target is refused, and a field elsewhere", () => {
    const of = (pointer: string, detail: string) => printed(new TrainyardError("invalid", "", [{ pointer, detail }]));
    const date = 'due is a column of dates: set "task": "regression" to predict milliseconds since 1970';
    expect(of("/data/dataset/target", date)).toContain("add --task regression to predict");
    expect(of("/preprocess", date)).toContain('set "task": "regression"');
    const odd = 'correct them; or add types={"due":"category"} to the upload if they are labels';
    expect(of("/data/dataset/target", odd)).toContain("or add --types 'due=category' if they are labels");
  });

  it("keeps the rest of the sentence", () => {
    expect(printed(notFound("data set", "iris"))).toBe(
      "there is no data set iris: its id begins with ds_; trainyard datasets list lists them",
    );
    expect(shown(notFound("data set", "iris"))).toBe("there is no data set iris: its id begins with ds_");
    expect(printed(notFound("job", "ds_1"))).toBe("there is no job ds_1: that is the id of a data set");
    expect(shown(notFound("model", "irsi", { names: ["iris"] }))).toBe("there is no model irsi: did you mean iris?");
    const words = "GET /v1/models/iris/versions lists them all";
    const older = `there is no model iris@9: the newest version of iris is 2, and ${words}`;
    const noVersion = new TrainyardError("not_found", older, [], { code: "list_versions", words, of: "iris" });
    expect(printed(noVersion)).toBe(
      "there is no model iris@9: the newest version of iris is 2, and trainyard models iris lists them all",
    );
    expect(shown(noVersion)).toBe("there is no model iris@9: the newest version of iris is 2");
  });
});
