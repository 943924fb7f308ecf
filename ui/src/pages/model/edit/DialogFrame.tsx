import { Alert, Button, Group, Modal, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { createContext, type ReactNode, useContext, useRef, useState } from "react";

type Frame = {
  /** Closes it, whatever was typed: it was saved, or is not wanted. */
  close: () => void;
  /** Asks first, where something was typed. */
  cancel: () => void;
  setTyped: (isTyped: boolean) => void;
};

const FrameContext = createContext<Frame>({ close: () => undefined, cancel: () => undefined, setTyped: () => undefined });
export const useFrame = () => useContext(FrameContext);

type Props = { title: string; size?: string; onClose: () => void; children: ReactNode };

/** A dialog that does not lose what was typed without a question. */
export function DialogFrame({ title, size = "xl", onClose, children }: Props) {
  const isTyped = useRef(false);
  const [isAsking, setAsking] = useState(false);
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const cancel = () => (isTyped.current ? setAsking(true) : onClose());
  const frame = { close: onClose, cancel, setTyped: (typed: boolean) => { isTyped.current = typed; } };
  return (
    <Modal opened title={<Text span fw={700} size="lg">{title}</Text>} size={size} fullScreen={isNarrow} centered={false} closeOnClickOutside={false} onClose={cancel} transitionProps={{ duration: 0 }}>
      {isAsking && (
        <Alert color="yellow" variant="outline" role="alert" mb="md" title="Discard what you typed?">
          <Group>
            <Button size="xs" color="red" onClick={onClose}>Discard</Button>
            <Button size="xs" variant="default" data-autofocus onClick={() => setAsking(false)}>Go on editing</Button>
          </Group>
        </Alert>
      )}
      <FrameContext.Provider value={frame}>{children}</FrameContext.Provider>
    </Modal>
  );
}
