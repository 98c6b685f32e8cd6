/** What a view is: the code behind an address. */
import type { ComponentType } from "preact";

export interface ViewProps {
  /** What the address has in the places of `:names`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface View {
  /** A path with `:names`. */
  readonly pattern: string;
  readonly load: () => Promise<{ readonly default: ComponentType<ViewProps> }>;
  /** The entry of the navigation under which it is found. */
  readonly section: string;
}
