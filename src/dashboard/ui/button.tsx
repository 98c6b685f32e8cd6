/** Buttons, and links that look like them. */
import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface Appearance {
  readonly icon?: IconName;
  /** `primary`: the main action. `danger`: it cannot be undone. `quiet`: without a frame. */
  readonly variant?: "primary" | "danger" | "quiet";
  readonly small?: boolean;
  /** The accessible name; needed without children, when the button is only an icon. */
  readonly label?: string;
  readonly children?: ComponentChildren;
}

type ButtonProps = Appearance &
  Omit<JSX.IntrinsicElements["button"], "icon" | "label" | "children"> & { readonly busy?: boolean };

/** A `busy` button shows a spinner and ignores clicks, but keeps the focus. */
export function Button({ icon, variant, small, label, children, busy = false, onClick, ...rest }: ButtonProps) {
  const shown = busy ? "loader" : icon;
  return (
    <button
      type="button"
      {...rest}
      class={classOf({ variant, small, children }, busy)}
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

type LinkButtonProps = Appearance & { readonly href: string; readonly download?: string };

/** A link that looks like a button. */
export function LinkButton({ icon, variant, small, label, children, href, download }: LinkButtonProps) {
  return (
    <a
      href={href}
      {...(download !== undefined && { download })}
      class={classOf({ variant, small, children })}
      aria-label={label}
      title={children ? undefined : label}
    >
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

function classOf({ variant, small, children }: { [K in keyof Appearance]: Appearance[K] | undefined }, busy = false): string {
  const parts = ["button", variant, small && "small", !children && "icon-only", busy && "busy"];
  return parts.filter(Boolean).join(" ");
}
