/** Memoised components. */
import { Component, type ComponentType, createElement, type VNode } from "preact";

/** Returns a component that renders again only when one of its properties has changed. */
export function memo<P extends object>(Inner: (props: P) => VNode | null): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const keys = new Set([...Object.keys(next), ...Object.keys(this.props)]) as Set<keyof P>;
      return [...keys].some((key) => !Object.is(next[key], this.props[key]));
    }
    override render() {
      return createElement(Inner, this.props);
    }
  };
}
