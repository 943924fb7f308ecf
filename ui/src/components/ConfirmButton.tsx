import { Button, type ButtonProps, Group, Modal } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";

type Props = {
  label: string;
  /** What readers of the screen hear instead of the label, where several buttons have the same. */
  name?: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  onConfirm: () => void;
  isPending?: boolean;
} & Pick<ButtonProps, "color" | "size" | "variant" | "disabled">;

/**
 * A button that asks before it does what cannot easily be undone.
 *
 * The page goes on living under the question: what it said when it was opened is what is done, once.
 */
export function ConfirmButton({ label, name, children, onConfirm, isPending, ...button }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useState<Pick<Props, "children" | "onConfirm"> | null>(null);
  const isAnswered = useRef(false); // the buttons can still be clicked while the dialog fades
  const open = () => {
    isAnswered.current = false;
    setAsked({ children, onConfirm });
    setOpen(true);
  };
  const close = () => {
    isAnswered.current = true;
    setOpen(false);
  };
  const confirm = () => {
    if (isAnswered.current) return;
    close();
    asked?.onConfirm();
  };
  return (
    <>
      <Button {...button} aria-label={name} loading={isPending} onClick={open}>{label}</Button>
      <Modal opened={isOpen} onClose={close} title={name ?? label}>
        {asked?.children}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button color={button.color} onClick={confirm}>{label}</Button>
        </Group>
      </Modal>
    </>
  );
}
