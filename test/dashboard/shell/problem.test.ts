import { describe, expect, it } from "vitest";
import { BatchError } from "../../../src/client/batch-answer.ts";
import { ApiError, UnreachableError } from "../../../src/client/error.ts";
import { asProblem } from "../../../src/dashboard/shell/problem.ts";

const PROBLEM = { type: "about:blank", title: "Not Found", status: 404, detail: "no such job", code: "not_found" };

describe("any error as a problem", () => {
  it.each([
    ["the server's problem as it is", new ApiError(PROBLEM), PROBLEM],
    ["no answer", new UnreachableError("http://127.0.0.1:1/", new TypeError("Failed to fetch")), { code: "unreachable" }],
    ["a batch that ended early", new BatchError("line 3: is missing"), { code: "invalid", detail: "line 3: is missing" }],
    ["an error of the page", new RangeError("out of range"), { code: "page", detail: "out of range" }],
  ])("is %s", (_, error, problem) => {
    expect(asProblem(error)).toMatchObject(problem);
  });
});
