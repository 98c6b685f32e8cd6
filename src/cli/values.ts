/** Values of options: text that becomes what it should be, or a mistake that commander names. */
import { InvalidArgumentError } from "commander";

/** Reads a whole number between two bounds. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const upper = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number from ${min}${upper}${upper ? "" : " on"}.`);
  };
}

/** Reads a finite number from `min` on. */
export function numberFrom(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= min) return value;
    throw new InvalidArgumentError(`It must be a number from ${min} on.`);
  };
}

/** Reads a list of names between commas. */
export function namesOf(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}
