import { randomId } from "../../../app/randomId";
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

const UNDO_MS = 20_000;

/** Says what was done, with a button that undoes it. */
export function showDone(message: string, undo?: () => Promise<void>): void {
  const id = randomId();
  let isUndone = false; // the button can be clicked until its notice has slid out
  const onUndo = () => {
    notifications.hide(id);
    if (isUndone) return;
    isUndone = true;
    void undo?.().catch((error: unknown) => showFailed("It was not undone", String(error instanceof Error ? error.message : error)));
  };
  notifications.show({
    id,
    color: "green",
    autoClose: undo ? UNDO_MS : 5_000,
    closeButtonProps: { "aria-label": "Close" },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" c="var(--mantine-color-text)">{message}</Text>
        {undo && <Button size="xs" variant="default" onClick={onUndo}>Undo</Button>}
      </Group>
    ),
  });
}

export function showFailed(title: string, message: string): void {
  notifications.show({ color: "red", title, message, autoClose: false, closeButtonProps: { "aria-label": "Close" } });
}
