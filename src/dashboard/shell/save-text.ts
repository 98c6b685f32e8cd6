/** Saves text as a file, for content that a plain link cannot request from the API. */

/** Hands a text to the browser as a download. Characters that file names may not have are replaced. */
export function saveText(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replaceAll(/[^\w.-]+/g, "-");
  link.click();
  // By then the browser has begun the download.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
