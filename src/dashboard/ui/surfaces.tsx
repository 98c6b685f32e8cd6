/** Surfaces for content: cards, notices, problems, empty states, skeletons, tabs, facts. */
import type { ComponentChildren } from "preact";
import type { ProblemDocument } from "../../client/error.ts";
import { asProblem } from "../shell/problem.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

export interface CardProps {
  readonly title?: ComponentChildren;
  /** Shown at the end of the head. */
  readonly actions?: ComponentChildren;
  /** Whether the content reaches the edges, as tables and charts do. */
  readonly flush?: boolean;
  readonly children: ComponentChildren;
}

export function Card({ title, actions, flush = false, children }: CardProps) {
  return (
    <section class="card">
      {title && (
        <div class="card-head">
          <h2>{title}</h2>
          {actions && <div class="actions">{actions}</div>}
        </div>
      )}
      {flush ? children : <div class="card-body">{children}</div>}
    </section>
  );
}

/** An error as the server describes it: title, detail, and each wrong field by its pointer. */
export function Problem({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const { title, detail, errors = [] } = asProblem(error) satisfies ProblemDocument;
  const isOne = errors.length === 1;
  return (
    <div class="notice" data-tone="bad" role="alert">
      <Icon name="alert" />
      <div class="grow">
        <p class="notice-title">{title}</p>
        {errors.length === 0 || isOne ? <p>{isOne ? <Fault {...errors[0]!} /> : detail}</p> : null}
        {errors.length > 1 && (
          <ul>
            {errors.map((fault) => (
              <li key={fault.pointer + fault.detail}>
                <Fault {...fault} />
              </li>
            ))}
          </ul>
        )}
      </div>
      {retry && (
        <Button small icon="refresh" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function Fault({ pointer, detail }: { readonly pointer: string; readonly detail: string }) {
  return (
    <>
      {pointer && <code>{pointer}</code>} {detail}
    </>
  );
}

export interface NoticeProps {
  readonly tone?: "bad" | "warn";
  readonly icon?: IconName;
  readonly title?: string;
  readonly children?: ComponentChildren;
}

export function Notice({ tone, icon = "alert", title, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone}>
      <Icon name={icon} />
      <div class="grow">
        {title && <p class="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

export interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
  /** What to do about it. */
  readonly action?: ComponentChildren;
}

/** Says that there is nothing to show, and how to change that. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Placeholder for something that is loading, in its later size. */
export function Skeleton({ width = "100%", height = "1em" }: { readonly width?: string; readonly height?: string }) {
  return <span class="skeleton" style={{ width, height }} aria-hidden="true" />;
}

export interface Tab {
  readonly href: string;
  readonly label: ComponentChildren;
  readonly current: boolean;
}

/** Links to the views of one thing. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.href} href={tab.href} aria-current={tab.current ? "page" : undefined}>
          {tab.label}
        </a>
      ))}
    </nav>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ComponentChildren;
  /** Smaller, after the value. */
  readonly note?: ComponentChildren;
  /** Whether value and note need more room than others'. */
  readonly wide?: boolean;
}

/** A row of key figures. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(({ label, value, note, wide }) => (
        <div class={wide ? "fact wide" : "fact"} key={label}>
          <dt>{label}</dt>
          <dd>
            {value} {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The rows of a list that has not come yet. */
export function ListSkeleton() {
  return (
    <div class="card-body stack" aria-busy="true">
      {Array.from({ length: 4 }, (_, index) => (
        <Skeleton key={index} height="24px" />
      ))}
    </div>
  );
}
