/** The header of a column of prices, on two lines: the amounts below it are narrower than their unit. */
export const PerMillion = ({ of }: { of: string }) => <>{of}<br />per 1M tokens</>;
