/** Any error as a problem document, so that the page has one way to show what went wrong. Knows no route. */
import { BatchError } from "../../client/batch-answer.ts";
import { ApiError, detailInWords, type ProblemDocument, UnreachableError } from "../../client/error.ts";

/** A problem that the server did not write. */
const own = (code: string, title: string, detail: string): ProblemDocument => ({
  type: "about:blank",
  title,
  status: 0,
  detail,
  code,
});

/** Returns the server's problem, without the route that lists what there is, as the page does; and any other error as one of status 0. */
export function asProblem(error: unknown): ProblemDocument {
  if (error instanceof ApiError) return { ...error.problem, detail: detailInWords(error.problem, null) };
  if (error instanceof UnreachableError)
    return own("unreachable", "No answer", "The server did not answer. It may be restarting: try again in a moment.");
  if (error instanceof BatchError) return own("invalid", "A row cannot be predicted", error.message);
  return own("page", "Something went wrong in the page", error instanceof Error ? error.message : String(error));
}
