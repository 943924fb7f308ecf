// A long list of which only the rows near the visible ones are in memory.
//
// Pages are read one after the other by cursors, and dropped when they are far from what is shown; their cursors are
// kept. The order of what was read stays as it was: a row that changes changes in its place, and rows that came, went
// or moved are only counted, until the list is read anew. So nothing jumps under the reader's eyes.

export const PAGE_ROWS = 50;
const PAGES_MAX = 12; // in memory
const AHEAD_ROWS = 30; // shown as loading below the last row that is known
const IDS_MAX = 100; // of one filter

type Row = { id: string };
export type Page<Item> = { rows: readonly Item[]; /** Where the next page begins; null for the last page. */ end: string | null };
export type Source<Item> = {
  page: (after: string | null) => Promise<Page<Item>>;
  /** The rows with these ids as they are now, without those that are deleted; and the ids of a page as it is now. */
  present: (ids: string[], after: string | null) => Promise<{ rows: readonly Item[]; order: readonly string[] }>;
};

export type WindowState = {
  /** How many rows there are to scroll through, with the ones that are shown as loading. */
  count: number;
  /** How many rows are known to exist. */
  known: number;
  isComplete: boolean;
  isRead: boolean;
  error: unknown;
  /** How many rows of the visible pages came, went, or stand elsewhere in the order now. */
  moved: number;
};

export class RowWindow<Item extends Row> {
  private readonly pages = new Map<number, Page<Item>>();
  private readonly starts: (string | null)[] = [null];
  private readonly lastIds: string[] = [];
  private readonly loading = new Set<number>();
  private readonly moves = new Map<number, number>();
  private readonly gone = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private lastRows = -1; // of the last page, once it is known
  private error: unknown = null;
  private visible: [number, number] = [0, 0];
  private isClosed = false;
  private changed = 0; // counts what a check found
  private touched = new Set<string>();
  private state: WindowState = this.newState();

  constructor(private readonly source: Source<Item>) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): WindowState => this.state;

  /** The row at a place, or undefined while it is not in memory. */
  row(index: number): Item | undefined {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];
  }

  /** Whether a row was deleted since it was read. */
  isGone(id: string): boolean {
    return this.gone.has(id);
  }

  /** Tells which rows are visible: reads their pages, and the one after, and drops pages far away. */
  show(first: number, last: number): void {
    const pages: [number, number] = [Math.floor(first / PAGE_ROWS), Math.floor(last / PAGE_ROWS)];
    this.visible = pages;
    for (let page = pages[0]; page <= pages[1] + 1; page += 1) void this.load(page);
    this.drop();
  }

  retry(): void {
    this.error = null;
    this.publish();
    this.show(this.visible[0] * PAGE_ROWS, this.visible[1] * PAGE_ROWS);
  }

  close(): void {
    this.isClosed = true;
    this.listeners.clear();
  }

  private async load(page: number): Promise<void> {
    const after = this.starts[page];
    if (after === undefined || this.pages.has(page) || this.loading.has(page) || this.error || this.isClosed) return;
    this.loading.add(page);
    try {
      this.receive(page, await this.source.page(after));
    } catch (error) {
      this.error = error;
    }
    this.loading.delete(page);
    this.publish();
    if (page < this.visible[1] + 1) void this.load(page + 1);
  }

  private receive(page: number, read: Page<Item>): void {
    const lastId = read.rows.at(-1)?.id ?? "";
    const isOther = this.lastIds[page] !== undefined && this.lastIds[page] !== lastId;
    if (isOther && page + 1 < this.starts.length) this.moves.set(page, 1); // the next page begins after another row
    this.lastIds[page] = lastId;
    this.pages.set(page, read);
    if (read.end === null) {
      this.starts.length = page + 1;
      this.lastRows = read.rows.length;
    } else this.starts[page + 1] ??= read.end;
  }

  private drop(): void {
    const middle = (this.visible[0] + this.visible[1]) / 2;
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const page of far.slice(0, Math.max(0, far.length - PAGES_MAX))) this.pages.delete(page);
  }

  /** Notes that an object changed; `check` looks at it. */
  touch(id: string): void {
    this.touched.add(id);
  }

  /** Reads changed rows again, and compares the order of the visible pages with the present one. */
  async check(): Promise<void> {
    if (this.isClosed || this.pages.size === 0) return;
    const held = new Set([...this.pages.values()].flatMap(({ rows }) => rows.map(({ id }) => id)));
    const ids = [...this.touched].filter((id) => held.has(id));
    this.touched = new Set();
    const [first, last] = this.visible;
    const pages = [...this.pages.keys()].filter((page) => page >= first && page <= last);
    const before = this.changed;
    const asks = Math.max(pages.length, Math.ceil(ids.length / IDS_MAX));
    for (let ask = 0; ask < asks; ask += 1) {
      const part = ids.slice(ask * IDS_MAX, (ask + 1) * IDS_MAX);
      const page = pages[Math.min(ask, pages.length - 1)] ?? 0;
      try {
        const { rows, order } = await this.source.present(part, this.starts[page] ?? null);
        this.patch(part, rows);
        this.compare(page, order);
      } catch (error) {
        for (const id of ids.slice(ask * IDS_MAX)) this.touched.add(id); // for the next check
        throw error;
      }
    }
    if (this.changed !== before) this.publish();
  }

  private patch(asked: readonly string[], rows: readonly Item[]): void {
    if (asked.length === 0) return;
    this.changed += 1;
    const now = new Map(rows.map((row) => [row.id, row]));
    for (const id of asked) if (!now.has(id)) this.gone.add(id);
    for (const [number, page] of this.pages) {
      if (page.rows.some(({ id }) => now.has(id)))
        this.pages.set(number, { ...page, rows: page.rows.map((row) => now.get(row.id) ?? row) });
    }
  }

  private compare(page: number, order: readonly string[]): void {
    const held = this.pages.get(page)?.rows.map(({ id }) => id);
    if (!held) return;
    const present = new Set(order);
    const before = new Set(held);
    const came = order.filter((id) => !before.has(id)).length;
    const went = held.filter((id) => !present.has(id)).length;
    const isShuffled = order.some((id, index) => id !== held[index]);
    const moved = Math.max(came, went) || (isShuffled ? 1 : 0);
    if (moved !== (this.moves.get(page) ?? 0)) this.changed += 1;
    this.moves.set(page, moved);
  }

  private publish(): void {
    this.state = this.newState();
    for (const listener of this.listeners) listener();
  }

  private newState(): WindowState {
    const isComplete = this.lastRows >= 0;
    const known = (this.starts.length - 1) * PAGE_ROWS + (isComplete ? this.lastRows : 0);
    return {
      count: isComplete ? known : known + AHEAD_ROWS,
      known,
      isComplete,
      isRead: isComplete || this.starts.length > 1,
      error: this.error,
      moved: [...this.moves.values()].reduce((sum, each) => sum + each, 0),
    };
  }
}
