import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";

import { advice } from "../../app/errors";
import { download } from "../../components/csv";
import { count } from "../../components/numbers";
import type { ModelFilter, ModelOrder } from "../../gql/graphql";
import type { Field } from "./columns";
import { exportCsv, EXPORTED_MAX } from "./exportCsv";

type Props = { filter: ModelFilter; orderBy: ModelOrder; fields: readonly Field[] };

/** Saves the rows of the list, with the columns that are shown. */
export function CsvButton({ filter, orderBy, fields }: Props) {
  const queries = useQueryClient();
  const [read, setRead] = useState<number | null>(null);
  const save = async () => {
    setRead(0);
    try {
      const { text, count: rows, isCut } = await exportCsv(queries, { filter, orderBy }, fields, setRead);
      download("models.csv", text);
      const saved = `${count(rows)} models were saved.`;
      const cut = `The first ${count(EXPORTED_MAX)} models were saved, and no more: narrow the filters for the others.`;
      notifications.show({ color: isCut ? "yellow" : "green", title: "models.csv", message: isCut ? cut : saved, autoClose: isCut ? false : 5_000 });
    } catch (error) {
      notifications.show({ color: "red", title: "Nothing was saved", message: advice(error), autoClose: false });
    } finally {
      setRead(null);
    }
  };
  return (
    <Button variant="default" leftSection={<Download size={16} aria-hidden />} disabled={read !== null} onClick={() => void save()}>
      {read === null ? "CSV" : `${count(read)} rows…`}
    </Button>
  );
}
