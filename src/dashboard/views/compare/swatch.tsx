/** A job's colour, beside its name. */
export function Swatch({ color }: { readonly color: string }) {
  return <span class="swatch" aria-hidden="true" style={{ background: `var(${color})` }} />;
}
