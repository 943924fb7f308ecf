import { useId } from "react";
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { type Series, strokeOf } from "./chartSeries";
import { dayText, momentText } from "./Time";

/** A moment in milliseconds, and the value of each series from then on; null ends a line. */
export type Point = { at: number } & Record<string, number | null>;

type Props = {
  /** What the chart shows, for readers of the screen; beside it must be a table or a text that says the same. */
  label: string;
  /** At most DRAWN_MAX; a SeriesChooser beside the chart says which line is which. */
  series: readonly Series[];
  points: readonly Point[];
  format: (value: number) => string;
  /** Values hold until the next point (prices), instead of being joined (measurements). */
  isStepped?: boolean;
};

/** A chart of values over time. */
export function StepChart({ label, series, points, format, isStepped = false }: Props) {
  const id = useId();
  return (
    <figure aria-labelledby={id} className="chart">
      <figcaption id={id}>{label}{" "}<span className="chart-zone">Days and times are in UTC.</span></figcaption>
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
          <YAxis tickFormatter={format} stroke="var(--mantine-color-dimmed)" width="auto" />
          <Tooltip
            labelFormatter={(at) => momentText(Number(at))}
            formatter={(value) => format(Number(value))}
            itemStyle={{ color: "var(--mantine-color-text)" }} // colors of lines have too little contrast for letters
            contentStyle={{ background: "var(--mantine-color-body)", color: "var(--mantine-color-text)" }}
          />
          {series.map(({ key, name, place }) => (
            <Line
              key={key}
              dataKey={key}
              name={name}
              type={isStepped ? "stepAfter" : "linear"}
              {...strokeOf(place)}
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
