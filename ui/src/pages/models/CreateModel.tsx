import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";

import { useMay } from "../../app/viewer";

// Loaded when it is first opened.
const CreateModelDialog = lazy(() => import("../model/edit/CreateModelDialog").then(({ CreateModelDialog }) => ({ default: CreateModelDialog })));

/** A button and its form, for those who may. */
export function CreateModel() {
  const [isOpen, setOpen] = useState(false);
  if (!useMay("EDITOR")) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>Create a model</Button>
      <Suspense>{isOpen && <CreateModelDialog onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}
