import { Alert, Code } from "@mantine/core";
import { useLocation, useMatches } from "@tanstack/react-router";
import { Fragment, useEffect, useState } from "react";

import { count } from "../components/numbers";
import { readersOf } from "./addresses";
import { cutLists, leftOut, LIST_MAX, parseSearch } from "./search";

// The address with which the page was opened: the router takes out of it what no reader of the page has read.
// Links of the pages have typed values, so only an address from elsewhere can have others.
const opened = parseSearch(location.search);

const SHOWN_MAX = 10;
const LENGTH_MAX = 80; // of one value

/** Says which values of the address the page does not understand: it shows other data than the link asked for. */
export function LeftOut() {
  const routeId = useMatches({ select: (matches) => matches.at(-1)?.routeId });
  const path = useLocation({ select: ({ pathname }) => pathname });
  const [first] = useState(path);
  const [isClosed, setClosed] = useState(false);
  useEffect(() => {
    if (path !== first) setClosed(true); // it was about the other page
  }, [path, first]);
  const readers = readersOf(routeId);
  if (!readers || path !== first || isClosed) return null;
  const [left, cut] = [leftOut(readers, opened), cutLists(readers, opened)];
  if (left.length + cut.length === 0) return null;
  return (
    <Alert
      color="yellow" variant="outline" role="alert" mb="md" title="The address is understood in part"
      withCloseButton closeButtonLabel="Close" onClose={() => setClosed(true)}
    >
      {left.length > 0 && <NotUnderstood values={left} />}
      {cut.map(({ name, beyond }) => (
        <div key={name}>
          The address had {count(LIST_MAX + beyond)} values of {name}; a list may have {LIST_MAX}. The first {LIST_MAX} are kept, and
          the other {count(beyond)} left out.
        </div>
      ))}
    </Alert>
  );
}

function NotUnderstood({ values }: { values: readonly string[] }) {
  const more = values.length - SHOWN_MAX;
  return (
    <div>
      The address had values that this page does not understand:{" "}
      {values.slice(0, SHOWN_MAX).map((each, index) => <Fragment key={index}>{index > 0 && ", "}<Code>{shortened(each)}</Code></Fragment>)}
      {more > 0 && ` and ${count(more)} more`}. They are left out.
    </div>
  );
}

/** The value as far as it is shown, with NUL as it stands in an address: nobody would see it. */
const shortened = (text: string) => (text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text).replaceAll("\0", "%00");
