import { useId } from "react";
import { CartesianGrid, Legend, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { dayText, momentText } from "./Time";

export type Series = { key: string; name: string };
/** A moment in milliseconds, and the value of each series from then on; null ends a line. */
export type Point = { at: number } & Record<string, number | null>;

type Props = {
  /** What the chart shows, for readers of the screen; beside it must be a table or a text that says the same. */
  label: string;
  series: readonly Series[];
  points: readonly Point[];
  format: (value: number) => string;
  /** Values hold until the next point (prices), instead of being joined (measurements). */
  isStepped?: boolean;
};

// Told apart also by their dashes, as some people do not see the colors; readable in light and dark.
const COLORS = ["#3b6fd4", "#c2570c", "#0f8a6d", "#a8327e", "#7a5ccc", "#8a7a00", "#c43b3b", "#5c7d8a"];
const NAMED_MAX = 12; // series: the names of more would take the place of the chart
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];
/** A chart of values over time. */
export function StepChart({ label, series, points, format, isStepped = false }: Props) {
  const id = useId();
  const isNamed = series.length <= NAMED_MAX;
  return (
    <figure aria-labelledby={id} className="chart">
      <figcaption id={id}>{label}{" "}<span className="chart-zone">Days and times are in UTC.{!isNamed && ` Point at the chart for the names of its ${series.length} lines.`}</span></figcaption>
      <ResponsiveContainer width="100%" height={320}>
        <LineChart data={points as Point[]} margin={{ top: 16, right: 16, bottom: 8, left: 16 }}>
          <CartesianGrid stroke="var(--mantine-color-default-border)" />
          <XAxis
            dataKey="at"
            type="number"
            scale="time"
            domain={["dataMin", "dataMax"]}
            tickFormatter={(at: number) => dayText(at)}
            stroke="var(--mantine-color-dimmed)"
            minTickGap={48}
          />
          <YAxis tickFormatter={format} stroke="var(--mantine-color-dimmed)" width={72} />
          <Tooltip
            labelFormatter={(at) => momentText(Number(at))}
            formatter={(value) => format(Number(value))}
            contentStyle={{ background: "var(--mantine-color-body)", color: "var(--mantine-color-text)" }}
          />
          {isNamed && <Legend />}
          {series.map(({ key, name }, index) => (
            <Line
              key={key}
              dataKey={key}
              name={name}
              type={isStepped ? "stepAfter" : "linear"}
              stroke={COLORS[index % COLORS.length]}
              strokeDasharray={DASHES[Math.floor(index / COLORS.length) % DASHES.length]}
              strokeWidth={2}
              dot={points.length < 40}
              connectNulls={false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </figure>
  );
}
