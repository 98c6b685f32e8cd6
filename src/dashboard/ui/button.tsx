/** Buttons, and links that look like them. */
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface Look {
  readonly icon?: IconName;
  /** `primary`: the one thing to do here. `danger`: it cannot be undone. `quiet`: without a frame. */
  readonly look?: "primary" | "danger" | "quiet";
  readonly small?: boolean;
  /** Without children it is an icon alone, and the label is its name. */
  readonly label?: string;
  readonly children?: ComponentChildren;
}

type ButtonProps = Look & Omit<JSX.IntrinsicElements["button"], "icon" | "label" | "children"> & { readonly busy?: boolean };

/** While `busy` it shows so and takes no press, but keeps the focus. */
export function Button({ icon, look, small, label, children, busy = false, onClick, ...rest }: ButtonProps) {
  const shown = busy ? "loader" : icon;
  return (
    <button
      type="button"
      {...rest}
      class={classOf({ look, small, children }, busy)}
      aria-label={label}
      title={children ? undefined : label}
      aria-disabled={busy || undefined}
      onClick={busy ? undefined : onClick}
    >
      {shown && <Icon name={shown} />}
      {children}
    </button>
  );
}

type LinkButtonProps = Look & { readonly href: string; readonly download?: string };

/** A link that looks like a button: it goes somewhere. */
export function LinkButton({ icon, look, small, label, children, href, download }: LinkButtonProps) {
  return (
    <a
      href={href}
      {...(download !== undefined && { download })}
      class={classOf({ look, small, children })}
      aria-label={label}
      title={children ? undefined : label}
    >
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

function classOf({ look, small, children }: { [K in keyof Look]: Look[K] | undefined }, busy = false): string {
  const parts = ["button", look, small && "small", !children && "icon-only", busy && "busy"];
  return parts.filter(Boolean).join(" ");
}
