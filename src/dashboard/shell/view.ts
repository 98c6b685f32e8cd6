/** A view: the code behind an address. */
import type { ComponentType } from "preact";

export interface ViewProps {
  /** The values of the pattern's `:names` in the address. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface View {
  /** A path with `:names`. */
  readonly pattern: string;
  readonly load: () => Promise<{ readonly default: ComponentType<ViewProps> }>;
  /** The entry of the navigation that is current while it is shown. */
  readonly section: string;
}
