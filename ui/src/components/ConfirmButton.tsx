import { Button, type ButtonProps, Group, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";

type Props = {
  label: string;
  /** What readers of the screen hear instead of the label, where several buttons have the same. */
  name?: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  onConfirm: () => void;
  isPending?: boolean;
} & Pick<ButtonProps, "color" | "size" | "variant" | "disabled">;

/** A button that asks before it does what cannot easily be undone. */
export function ConfirmButton({ label, name, children, onConfirm, isPending, ...button }: Props) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button {...button} aria-label={name} loading={isPending} onClick={open}>{label}</Button>
      <Modal opened={isOpen} onClose={close} title={name ?? label}>
        {children}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button color={button.color} onClick={() => { close(); onConfirm(); }}>{label}</Button>
        </Group>
      </Modal>
    </>
  );
}
