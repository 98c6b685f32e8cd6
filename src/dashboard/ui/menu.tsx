/** A button with a list of actions: arrow keys move, Escape and a click elsewhere close it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  /** Shown at the end of the line. */
  readonly note?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** A link: to a view, or with `download` to a file. */
  readonly href?: string;
  readonly download?: string;
  readonly onSelect?: () => void;
}

export interface MenuProps {
  readonly label: string;
  readonly icon?: IconName;
  /** The button's content; only the icon when left out. */
  readonly children?: ComponentChildren;
  readonly items: readonly MenuItem[];
}

export function Menu({ label, icon, children, items }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    itemsOf(root.current)[0]?.focus();
    const closeOutside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  return (
    <div class="menu" ref={root}>
      <Button
        {...(icon && { icon })}
        label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {children}
      </Button>
      {open && (
        <div
          class="menu-list"
          id={id}
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={(event) => move(event, root.current, close)}
        >
          {items.map((item) => (
            <Item key={item.label} item={item} close={close} />
          ))}
        </div>
      )}
    </div>
  );
}

function Item({ item, close }: { readonly item: MenuItem; readonly close: () => void }) {
  const { label, icon, note, danger, disabled, href, download, onSelect } = item;
  const content = (
    <>
      {icon && <Icon name={icon} />}
      {label}
      {note && <span class="note">{note}</span>}
    </>
  );
  const select = () => {
    close();
    onSelect?.();
  };
  if (href && !disabled) {
    return (
      <a class="menu-item" role="menuitem" href={href} {...(download && { download })} onClick={select}>
        {content}
      </a>
    );
  }
  return (
    <button type="button" class={`menu-item${danger ? " danger" : ""}`} role="menuitem" disabled={disabled} onClick={select}>
      {content}
    </button>
  );
}

const itemsOf = (root: HTMLElement | null): HTMLElement[] => [
  ...(root?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? []),
];

function move(event: KeyboardEvent, root: HTMLElement | null, close: () => void): void {
  const items = itemsOf(root);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const targets: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  if (event.key === "Escape" || event.key === "Tab") close();
  const target = targets[event.key];
  if (event.key === "Escape" || target !== undefined) event.preventDefault();
  if (target !== undefined) items.at(target >= items.length ? 0 : target)?.focus();
}
