/** The header of a column of prices, on two lines, or more where room is scarce: the amounts below it are narrower than their unit. */
export const PerMillion = ({ of }: { of: string }) => <span className="per-million">{of}<br />per 1M tokens</span>;
