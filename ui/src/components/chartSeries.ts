// Which of many series a chart draws, and how they are told apart.
import { useState } from "react";

export const DRAWN_MAX = 8; // more lines cannot be told apart, and their names would be larger than the chart

/** `place` decides the color and the dashes of a line. */
export type Series = { key: string; name: string; place: number };

// Told apart also by their dashes, as some people do not see the colors; readable in light and dark.
const COLORS = ["#3b6fd4", "#c2570c", "#0f8a6d", "#a8327e", "#7a5ccc", "#8a7a00", "#c43b3b", "#5c7d8a"];
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];

export const strokeOf = (place: number) => ({
  stroke: COLORS[place % COLORS.length],
  strokeDasharray: DASHES[place % DASHES.length],
});

export type Choice = { all: readonly { key: string; name: string }[]; drawn: readonly Series[]; toggle: (key: string) => void };

/** The series that are drawn: the first ones at first, then those that somebody chooses. A line keeps its color while it is drawn. */
export function useChosenSeries(all: readonly { key: string; name: string }[]): Choice {
  const [chosen, setChosen] = useState<readonly (string | null)[] | null>(null); // by their places
  const byKey = new Map(all.map((each) => [each.key, each]));
  const isChosen = chosen?.some((key) => key !== null && byKey.has(key));
  const places = chosen && (isChosen || chosen.every((key) => key === null)) ? chosen : all.slice(0, DRAWN_MAX).map(({ key }) => key);
  const drawn = places.flatMap((key, place) => {
    const found = key === null ? undefined : byKey.get(key);
    return found ? [{ ...found, place }] : [];
  });
  const toggle = (key: string) => {
    if (places.includes(key)) return setChosen(places.map((each) => (each === key ? null : each)));
    const free = Array.from({ length: DRAWN_MAX }, (_, place) => place).find((place) => !drawn.some((each) => each.place === place));
    if (free === undefined) return;
    setChosen(Array.from({ length: DRAWN_MAX }, (_, place) => (place === free ? key : (places[place] ?? null))));
  };
  return { all, drawn, toggle };
}
