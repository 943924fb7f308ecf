import type { FocusEvent, ReactNode, Ref } from "react";

type Props = {
  label: string;
  className?: string;
  isBusy?: boolean;
  ref?: Ref<HTMLDivElement>;
  /** A table. The cells of the column that names its rows have the class `staying`; its header has `measureStaying` as its ref, too. */
  children: ReactNode;
};

/** A table that is wider than its place scrolls by itself, also by keyboard; what names its rows stays in sight. */
export function TableScroll({ label, className = "", isBusy, ref, children }: Props) {
  return (
    <div className={`table-scroll ${className}`} role="region" aria-label={label} tabIndex={0} aria-busy={isBusy} ref={ref} onFocus={showWhole}>
      {children}
    </div>
  );
}

/** Browsers leave what gets the focus where it is when a part of it is in sight. What was clicked must not move under the pointer. */
function showWhole({ target, currentTarget }: FocusEvent<HTMLElement>): void {
  if (target !== currentTarget && target.matches(":focus-visible")) target.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * Tells the styles of a TableScroll how large the header of the column that stays is, as long as it is on the page: what
 * gets the focus is scrolled beside that column, not under it. Its width depends on the rows, so no style can know it.
 */
export function measureStaying(header: HTMLElement | null) {
  if (!header) return undefined; // never, as the ref of the header has a cleanup
  const scroller = header.closest<HTMLElement>(".table-scroll");
  const observer = new ResizeObserver(() => {
    scroller?.style.setProperty("--staying-width", `${header.offsetWidth}px`);
    scroller?.style.setProperty("--header-height", `${header.offsetHeight}px`);
  });
  observer.observe(header);
  return () => observer.disconnect();
}
