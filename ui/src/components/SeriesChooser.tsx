import { Checkbox, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Choice, DRAWN_MAX, strokeOf } from "./chartSeries";
import "./chooser.css";
import { count } from "./numbers";

const SEARCHED_FROM = 12; // series; fewer are seen at once

type Props = { choice: Choice; /** What the series are: "bindings". */ noun: string };

/** The names of a chart's lines, of which at most eight are drawn. It has a height of its own, however many there are. */
export function SeriesChooser({ choice: { all, drawn, toggle }, noun }: Props) {
  const [text, setText] = useState("");
  const isFull = drawn.length >= DRAWN_MAX;
  const found = all.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const rest = all.length - drawn.length;
  return (
    <fieldset className="chooser">
      <legend>
        {rest === 0 ? `All ${noun} are drawn: ${count(all.length)}` : `${count(drawn.length)} of ${count(all.length)} ${noun} are drawn`}
      </legend>
      {rest > 0 && isFull && <Text size="sm" c="dimmed" mb={4}>At most {DRAWN_MAX} at once: take one away to draw another. All are in the table below.</Text>}
      {all.length > SEARCHED_FROM && (
        <TextInput size="xs" mb={6} w="min(100%, 20rem)" aria-label={`Search the ${noun}`} placeholder="Search" value={text} onChange={({ currentTarget }) => setText(currentTarget.value)} />
      )}
      <div className="chooser-list">
        {found.map(({ key, name }) => {
          const place = drawn.find((each) => each.key === key)?.place;
          return (
            <Checkbox
              key={key} size="xs" checked={place !== undefined} disabled={place === undefined && isFull} onChange={() => toggle(key)}
              label={<span className="chooser-name"><Swatch place={place} />{name}</span>}
            />
          );
        })}
        {found.length === 0 && <Text size="sm">None has this in its name.</Text>}
      </div>
    </fieldset>
  );
}

function Swatch({ place }: { place: number | undefined }) {
  return (
    <svg width="24" height="8" aria-hidden="true">
      {place !== undefined && <line x1="0" y1="4" x2="24" y2="4" strokeWidth="3" {...strokeOf(place)} />}
    </svg>
  );
}
