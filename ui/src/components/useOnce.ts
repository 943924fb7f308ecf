import { useRef } from "react";

/**
 * Lets a form be sent once: not again while it is sent, nor after `send` has said true, it is done.
 * A dialog can still be clicked while it fades, so a double click would do it twice.
 */
export function useOnce<Values>(send: (values: Values) => Promise<boolean>): (values: Values) => Promise<void> {
  const isSent = useRef(false);
  return async (values) => {
    if (isSent.current) return;
    isSent.current = true;
    let isDone = false;
    try {
      isDone = await send(values);
    } finally {
      isSent.current = isDone;
    }
  };
}
