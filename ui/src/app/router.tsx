// The pages and their addresses. Each page is loaded when it is first opened; its search parameters are its filters.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { auditSearch } from "../pages/audit/search";
import { compareSearch } from "../pages/compare/search";
import { modelSearch } from "../pages/model/search";
import { modelsSearch } from "../pages/models/search";
import { pricesSearch } from "../pages/prices/search";
import { retentionSearch } from "../pages/retention/search";
import { retirementsSearch } from "../pages/retirements/search";
import { routingSearch } from "../pages/routing/search";
import { tokensSearch } from "../pages/tokens/search";
import { NotFound, RouteError } from "./RouteError";
import { Shell } from "./Shell";
import { parseSearch, stringifySearch } from "./search";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: RouteError });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/overview/OverviewPage"), "OverviewPage"),
});
const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: modelsSearch,
  component: lazyRouteComponent(() => import("../pages/models/ModelsPage"), "ModelsPage"),
});
const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$name",
  validateSearch: modelSearch,
  component: lazyRouteComponent(() => import("../pages/model/ModelPage"), "ModelPage"),
});
const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import("../pages/compare/ComparePage"), "ComparePage"),
});
const prices = createRoute({
  getParentRoute: () => root,
  path: "/prices",
  validateSearch: pricesSearch,
  component: lazyRouteComponent(() => import("../pages/prices/PricesPage"), "PricesPage"),
});
const retirements = createRoute({
  getParentRoute: () => root,
  path: "/retirements",
  validateSearch: retirementsSearch,
  component: lazyRouteComponent(() => import("../pages/retirements/RetirementsPage"), "RetirementsPage"),
});
const routing = createRoute({
  getParentRoute: () => root,
  path: "/routing",
  validateSearch: routingSearch,
  component: lazyRouteComponent(() => import("../pages/routing/RoutingPage"), "RoutingPage"),
});
const retention = createRoute({
  getParentRoute: () => root,
  path: "/retention",
  validateSearch: retentionSearch,
  component: lazyRouteComponent(() => import("../pages/retention/RetentionPage"), "RetentionPage"),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("../pages/audit/AuditPage"), "AuditPage"),
});
const tokens = createRoute({
  getParentRoute: () => root,
  path: "/tokens",
  validateSearch: tokensSearch,
  component: lazyRouteComponent(() => import("../pages/tokens/TokensPage"), "TokensPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview, models, model, compare, prices, retirements, routing, retention, audit, tokens,
  ]),
  parseSearch,
  stringifySearch,
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
