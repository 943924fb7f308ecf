import { ActionIcon, Button, Checkbox, Group, Popover, Select, Stack, Tooltip } from "@mantine/core";
import { ArrowDown, ArrowUp, Columns3, Search } from "lucide-react";
import type { ReactNode } from "react";

import { DraftInput } from "../../components/DraftInput";
import type { ModelOrder, ModelOrderField } from "../../gql/graphql";
import { ORDERS, type ModelsSearch, searchProblem } from "./search";
import type { Change } from "./Filters";

const PAUSE_MS = 150;
const ORDER_NAMES: Record<ModelOrderField, string> = {
  NAME: "Name", INPUT_PER_1K: "Input price", OUTPUT_PER_1K: "Output price", CONTEXT_WINDOW: "Context window",
  RELEASED_ON: "Released", UPDATED_AT: "Updated", CREATED_AT: "Registered",
};

type Props = { search: ModelsSearch; orderBy: ModelOrder; onChange: Change; children: ReactNode };

/** The search, the order, and what else there is to do with the list. */
export function Toolbar({ search, orderBy, onChange, children }: Props) {
  const isDescending = orderBy.direction === "DESC";
  const turn = isDescending ? "Order ascending" : "Order descending";
  return (
    <Group gap="xs" mb="xs" align="flex-end" className="models-toolbar">
      <DraftInput
        label="Search by name" description="Parts of the name, in any order" type="search" className="models-search"
        leftSection={<Search size={16} aria-hidden />} value={search.q} pauseMs={PAUSE_MS} check={searchProblem}
        onCommit={(q) => onChange({ q }, true)}
      />
      <Group gap={4} align="flex-end" wrap="nowrap">
        <Select
          label="Order by" allowDeselect={false} w="10rem" value={orderBy.field}
          data={ORDERS.map((value) => ({ value, label: ORDER_NAMES[value] }))}
          onChange={(order) => onChange({ order: order as ModelOrderField })}
        />
        <Tooltip label={turn}>
          <ActionIcon
            variant="default" size={36} aria-label={turn}
            onClick={() => onChange({ descending: isDescending ? undefined : true })}
          >
            {isDescending ? <ArrowDown size={16} /> : <ArrowUp size={16} />}
          </ActionIcon>
        </Tooltip>
      </Group>
      {children}
    </Group>
  );
}

type Shown = { id: string; title: string; isShown: boolean; onToggle: () => void };

/** Which columns are shown. The choice is kept in this browser. */
export function ColumnsButton({ columns, onReset }: { columns: Shown[]; onReset: () => void }) {
  return (
    <Popover position="bottom-end" trapFocus returnFocus withArrow>
      <Popover.Target>
        <Button variant="default" leftSection={<Columns3 size={16} aria-hidden />}>Columns</Button>
      </Popover.Target>
      <Popover.Dropdown className="models-columns">
        <Stack gap="xs">
          {columns.map(({ id, title, isShown, onToggle }) => (
            <Checkbox key={id} size="xs" label={title} checked={isShown} onChange={onToggle} />
          ))}
          <Button size="compact-xs" variant="subtle" onClick={onReset}>Show the usual columns</Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
