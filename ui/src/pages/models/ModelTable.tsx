import { useMediaQuery } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useNavigate } from "@tanstack/react-router";
import { type MouseEvent, memo, useEffect, useRef } from "react";

import { measureStaying, TableScroll } from "../../components/TableScroll";
import type { ModelOrder, ModelOrderField } from "../../gql/graphql";
import { type Field } from "./columns";
import type { RowWindow, WindowState } from "./rowWindow";
import type { ModelRow } from "./useModels";

const ROW_PX = 36;
const SELECT_PX = 44;
const NAME = "name"; // the column that stays while the others scroll
const NAME_PX = 150; // on a narrow screen
const NARROW = "(max-width: 36em)";
const OVERSCAN_ROWS = 5;

type Props = {
  list: RowWindow<ModelRow>;
  state: WindowState;
  isStale: boolean;
  fields: readonly Field[];
  orderBy: ModelOrder;
  onOrder: (field: ModelOrderField) => void;
  selected: ReadonlySet<string>;
  isFull: boolean; // no more can be selected
  onSelect: (name: string) => void;
};

/** The rows of a list that is longer than what is drawn, or in memory. */
export function ModelTable({ list, state, isStale, fields, orderBy, onOrder, selected, isFull, onSelect }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: state.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
  });
  const items = rows.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => list.show(first, last), [list, first, last]);
  useEffect(() => {
    void scroller.current?.scrollTo({ top: 0 }); // in new browsers a promise, which is no cleanup of an effect
  }, [list]);
  const onClick = useOpening();
  const isNarrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const widthOf = ({ id, width }: Field) => (isNarrow && id === NAME ? NAME_PX : width);
  const width = fields.reduce((sum, field) => sum + widthOf(field), SELECT_PX);
  const columnCount = fields.length + 1;
  return (
    <TableScroll label="Models" className="models-scroll" ref={scroller} isBusy={isStale}>
      <table className="models-table" style={{ width }} aria-label="Models" aria-rowcount={state.isComplete ? state.known + 1 : -1} onClick={onClick}>
        <colgroup>
          <col style={{ width: SELECT_PX }} />
          {fields.map((field) => <col key={field.id} style={{ width: widthOf(field) }} />)}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col"><span className="for-readers">Select</span></th>
            {fields.map((field) => <Header key={field.id} field={field} orderBy={orderBy} onOrder={onOrder} />)}
          </tr>
        </thead>
        <tbody>
          <Gap height={items[0]?.start ?? 0} columnCount={columnCount} />
          {items.map(({ index }) => {
            const row = list.row(index);
            if (!row) return <LoadingRow key={index} index={index} columnCount={columnCount} />;
            const isSelected = selected.has(row.name);
            return (
              <ModelTableRow
                key={index}
                index={index}
                row={row}
                fields={fields}
                isSelected={isSelected}
                isBlocked={isFull && !isSelected}
                isGone={list.isGone(row.id)}
                onSelect={onSelect}
              />
            );
          })}
          <Gap height={rows.getTotalSize() - (items.at(-1)?.end ?? 0)} columnCount={columnCount} />
        </tbody>
      </table>
    </TableScroll>
  );
}

/** Links of rows are plain: a router's link per row would be drawn anew with each change of the address. */
function useOpening() {
  const navigate = useNavigate();
  return (event: MouseEvent) => {
    const link = (event.target as HTMLElement).closest("a");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void navigate({ href: link.getAttribute("href") ?? "" });
  };
}

function Header({ field, orderBy, onOrder }: { field: Field } & Pick<Props, "orderBy" | "onOrder">) {
  const { id, order, title } = field;
  const isOrdered = order !== undefined && order === orderBy.field;
  const direction = orderBy.direction === "DESC" ? "descending" : "ascending";
  return (
    <th scope="col" className={classOf(field)} aria-sort={isOrdered ? direction : undefined} ref={id === NAME ? measureStaying : undefined}>
      {order ? (
        <button type="button" className="models-order" onClick={() => onOrder(order)}>
          {title}<span aria-hidden="true">{isOrdered ? (direction === "descending" ? " ▼" : " ▲") : " ↕"}</span>
        </button>
      ) : title}
    </th>
  );
}

const classOf = ({ id, isNumeric }: Field) => (id === NAME ? "staying" : isNumeric ? "numeric" : undefined);

type RowProps = {
  index: number;
  row: ModelRow;
  fields: readonly Field[];
  isSelected: boolean;
  isBlocked: boolean;
  isGone: boolean;
  onSelect: (name: string) => void;
};

const ModelTableRow = memo(function ModelTableRow({ index, row, fields, isSelected, isBlocked, isGone, onSelect }: RowProps) {
  return (
    <tr aria-rowindex={index + 2} className={isGone ? "is-gone" : isSelected ? "is-selected" : undefined}>
      <td>
        {isGone ? <span title="This model was deleted.">✕<span className="for-readers"> deleted</span></span> : (
          <input
            type="checkbox"
            aria-label={`Select ${row.name}`}
            checked={isSelected}
            disabled={isBlocked}
            onChange={() => onSelect(row.name)}
          />
        )}
      </td>
      {fields.map((field) => <td key={field.id} className={classOf(field)}>{field.cell(row)}</td>)}
    </tr>
  );
});

function LoadingRow({ index, columnCount }: { index: number; columnCount: number }) {
  return <tr aria-rowindex={index + 2} className="is-loading"><td colSpan={columnCount}>Loading…</td></tr>;
}

/** Stands for the rows above or below that are not drawn. */
function Gap({ height, columnCount }: { height: number; columnCount: number }) {
  if (height <= 0) return null;
  return <tr aria-hidden="true"><td colSpan={columnCount} className="models-gap" style={{ height }} /></tr>;
}
