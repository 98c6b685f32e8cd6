/** Encodings of text that are read, by their names in the Encoding Standard; latin1 is Windows-1252. */
export const ENCODINGS = [
  "utf-8",
  "latin1",
  "utf-16",
  "windows-1250",
  "windows-1251",
  "shift_jis",
  "gb18030",
  "euc-kr",
] as const;
export type Encoding = (typeof ENCODINGS)[number];
