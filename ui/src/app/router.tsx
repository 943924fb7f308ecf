// The pages and their addresses. Each page is loaded when it is first opened; its search parameters are its filters.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { READERS } from "./addresses";
import { NotFound, RouteError } from "./RouteError";
import { Shell } from "./Shell";
import { parseSearch, searchOf, stringifySearch } from "./search";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: RouteError });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: searchOf(READERS["/"]),
  component: lazyRouteComponent(() => import("../pages/overview/OverviewPage"), "OverviewPage"),
});
const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: searchOf(READERS["/models"]),
  component: lazyRouteComponent(() => import("../pages/models/ModelsPage"), "ModelsPage"),
});
const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$name",
  validateSearch: searchOf(READERS["/models/$name"]),
  component: lazyRouteComponent(() => import("../pages/model/ModelPage"), "ModelPage"),
});
const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: searchOf(READERS["/compare"]),
  component: lazyRouteComponent(() => import("../pages/compare/ComparePage"), "ComparePage"),
});
const prices = createRoute({
  getParentRoute: () => root,
  path: "/prices",
  validateSearch: searchOf(READERS["/prices"]),
  component: lazyRouteComponent(() => import("../pages/prices/PricesPage"), "PricesPage"),
});
const retirements = createRoute({
  getParentRoute: () => root,
  path: "/retirements",
  validateSearch: searchOf(READERS["/retirements"]),
  component: lazyRouteComponent(() => import("../pages/retirements/RetirementsPage"), "RetirementsPage"),
});
const routing = createRoute({
  getParentRoute: () => root,
  path: "/routing",
  validateSearch: searchOf(READERS["/routing"]),
  component: lazyRouteComponent(() => import("../pages/routing/RoutingPage"), "RoutingPage"),
});
const retention = createRoute({
  getParentRoute: () => root,
  path: "/retention",
  validateSearch: searchOf(READERS["/retention"]),
  component: lazyRouteComponent(() => import("../pages/retention/RetentionPage"), "RetentionPage"),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: searchOf(READERS["/audit"]),
  component: lazyRouteComponent(() => import("../pages/audit/AuditPage"), "AuditPage"),
});
const tokens = createRoute({
  getParentRoute: () => root,
  path: "/tokens",
  validateSearch: searchOf(READERS["/tokens"]),
  component: lazyRouteComponent(() => import("../pages/tokens/TokensPage"), "TokensPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview, models, model, compare, prices, retirements, routing, retention, audit, tokens,
  ]),
  parseSearch,
  stringifySearch,
  search: { strict: true }, // what no page has is taken out of the address; LeftOut says it
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultErrorComponent: RouteError,
});

/** Loads the script of the page at the address now, while the caller is asked for, and not after. */
export function preloadPage(): void {
  const matches: readonly { routeId: keyof typeof router.routesById }[] = router.matchRoutes(router.parseLocation(router.history.location));
  for (const { routeId } of matches) void router.loadRouteChunk(router.routesById[routeId]);
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
