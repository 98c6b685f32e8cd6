/** The path below which a proxy shows the page. Addresses are written without it everywhere else: this file adds and removes it. */
import { options } from "preact";

/** "" at the root, else like "/trainyard": the server writes it into the document. */
export const basePathOf = ({ document }: Pick<Window, "document">): string => document.documentElement?.dataset?.base ?? "";

/** Returns the address within the page of a path of the browser's. */
export const withoutBase = (base: string, path: string): string =>
  path === base ? "/" : path.startsWith(`${base}/`) ? path.slice(base.length) : path;

/** Makes every link of the page's own begin with the path. */
export function linkBelow(base: string): void {
  if (base === "") return;
  const before = options.vnode;
  options.vnode = (node) => {
    const props = node.props as { href?: unknown };
    // A node that is cloned comes here again.
    if (node.type === "a" && typeof props.href === "string" && props.href.startsWith("/") && !props.href.startsWith(`${base}/`))
      props.href = base + props.href;
    before?.(node);
  };
}
