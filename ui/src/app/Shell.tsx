import { ActionIcon, Alert, Badge, Button, Group, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Link, Outlet, useRouter } from "@tanstack/react-router";
import { Moon, Sun } from "lucide-react";
import { useEffect, useRef } from "react";

import { Time } from "../components/Time";
import { useLiveState } from "./App";
import { LeftOut } from "./LeftOut";
import { SIGN_IN_PATH, signOut } from "./session";
import { token } from "./token";
import { useMay, useViewer } from "./viewer";

const PAGES = [
  ["/", "Overview"],
  ["/models", "Models"],
  ["/compare", "Compare"],
  ["/prices", "Prices"],
  ["/retirements", "Retirements"],
  ["/routing", "Routing"],
  ["/retention", "Retention"],
  ["/audit", "Audit"],
] as const;

/** The frame of every page: where to go, who one is, and whether the page is up to date. */
export function Shell() {
  const mayIssueTokens = useMay("ADMIN");
  const pages = useCurrentInSight();
  return (
    <div className="frame">
      <a className="skip-link" href="#main">Skip to the content</a>
      <header className="frame-head">
        <Link to="/" className="frame-brand">Model Registry</Link>
        <LiveBadge />
        <Caller />
        <Button component="a" href="/graphql" variant="default" size="xs">GraphiQL</Button>
        <ColorSchemeButton />
      </header>
      <nav className="frame-nav" aria-label="Pages" ref={pages}>
        <ul>
          {PAGES.map(([to, name]) => (
            <li key={to}>
              <Link to={to} activeOptions={{ exact: to === "/", includeSearch: false }}>{name}</Link>
            </li>
          ))}
          {mayIssueTokens && <li><Link to="/tokens">Tokens</Link></li>}
        </ul>
      </nav>
      <main className="frame-main" id="main" tabIndex={-1}>
        <BehindBanner />
        <LeftOut />
        <Outlet />
      </main>
    </div>
  );
}

const NEIGHBOUR_PX = 24; // of the next entry, which shows that the list goes on

/** Where the list of pages is wider than the screen, it scrolls to the current one: of each page, and of each width. */
function useCurrentInSight() {
  const pages = useRef<HTMLElement>(null);
  const router = useRouter();
  useEffect(() => {
    const list = pages.current;
    if (!list) return;
    const show = () => {
      const current = list.querySelector("[aria-current=page]")?.getBoundingClientRect();
      if (!current) return;
      const { left, right } = list.getBoundingClientRect();
      if (current.left < left) list.scrollLeft += current.left - left - NEIGHBOUR_PX;
      else if (current.right > right) list.scrollLeft += current.right - right + NEIGHBOUR_PX;
    };
    const leave = router.subscribe("onRendered", show); // after the router has put back where the list was scrolled to
    // The entry of the tokens comes once the caller is known.
    const marked = new MutationObserver(show);
    marked.observe(list, { subtree: true, childList: true, attributeFilter: ["aria-current"] });
    const resized = new ResizeObserver(show); // which also calls it at the beginning
    resized.observe(list);
    return () => {
      leave();
      marked.disconnect();
      resized.disconnect();
    };
  }, [router]);
  return pages;
}

function LiveBadge() {
  const { isLive } = useLiveState();
  const text = isLive ? "Changes of the registry appear by themselves." : "Not connected: changes do not appear.";
  return (
    <Tooltip label={text}>
      <Badge tabIndex={0} variant="dot" color={isLive ? "green" : "gray"}>{isLive ? "Live" : "Not live"}</Badge>
    </Tooltip>
  );
}

function BehindBanner() {
  const { behindSince, reason } = useLiveState();
  if (!behindSince) return null;
  return (
    <Alert color="yellow" variant="outline" role="status" mb="md" title="This page may be out of date">
      Changes do not reach this page since <Time at={behindSince.toISOString()} />. It connects again by itself, and then
      shows what has changed in between. {reason && `(${reason})`}
    </Alert>
  );
}

function Caller() {
  const viewer = useViewer();
  if (!viewer) return null;
  return (
    <Group gap="xs">
      <span>{viewer.name} <Badge variant="outline" color="gray">{viewer.role}</Badge></span>
      {token()
        ? <Button size="xs" variant="subtle" onClick={() => void signOut()}>Sign out</Button>
        : <Button size="xs" variant="subtle" component="a" href={SIGN_IN_PATH}>Sign in</Button>}
    </Group>
  );
}

function ColorSchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  const label = isDark ? "Use light colors" : "Use dark colors";
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" aria-label={label} onClick={() => setColorScheme(isDark ? "light" : "dark")}>
        {isDark ? <Sun size={16} /> : <Moon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
