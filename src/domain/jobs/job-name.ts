/** Names of jobs that are derived from names that people gave. Without schemas, because the page uses it too. */

/** Characters of such a name; a job may have 200. */
const LENGTH = 100;

/**
 * A text as the name of a job: characters that a name cannot have (`@`, `:`, `/` and control characters) become hyphens, and a long text is
 * cut.
 */
export function jobNameOf(text: string): string {
  return [...text]
    .slice(0, LENGTH)
    .join("")
    .replaceAll(/[@:/\p{Cc}]/gu, "-")
    .trim();
}
