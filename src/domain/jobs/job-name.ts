/** Names that jobs are given after something that people named. Free of schemas: the page has it too. */

/** Characters of such a name, of the 200 that a job may have. */
const LENGTH = 100;

/** A text as the name of a job: what that cannot have (`@`, `:`, `/` and control characters) is a hyphen, and what is too long is cut. */
export function jobNameOf(text: string): string {
  return [...text]
    .slice(0, LENGTH)
    .join("")
    .replaceAll(/[@:/\p{Cc}]/gu, "-")
    .trim();
}
