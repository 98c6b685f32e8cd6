/** How the numbers of a sheet are written in CSV, so that they are told from texts that are written with decimal commas. */

/** What is a thousand to whoever writes decimal commas. */
const GROUPED = /^-?[1-9]\d{0,2}\.\d{3}$/;
/** The same with a zero behind it, which makes it a number with decimals and nothing else: 1.2340. */
export const PADDED_NUMBER = /^-?[1-9]\d{0,2}\.\d{3}0$/;

/** A number with a decimal point that nobody takes for a sign between thousands: 1.234 is written 1.2340. */
export function padNumber(text: string): string {
  return GROUPED.test(text) ? `${text}0` : text;
}
