import { ActionIcon, Anchor, Button, type ActionIconProps, type AnchorProps, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type AnchorElement = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "style" | "color"> & { ref?: Ref<HTMLAnchorElement> };

/** A link to a page of the dashboard, as a text. Its parameters are checked by the types of the routes. */
export const TextLink = createLink((props: Omit<AnchorProps, "href"> & AnchorElement) => <Anchor {...props} />);

/** A link to a page of the dashboard, as an icon: it needs an `aria-label`. */
export const IconLink = createLink((props: Omit<ActionIconProps, "href"> & AnchorElement) => (
  <ActionIcon component="a" {...props} />
));

/** A link to a page of the dashboard, as a button. */
export const ButtonLink = createLink((props: Omit<ButtonProps, "href"> & AnchorElement) => <Button component="a" {...props} />);
