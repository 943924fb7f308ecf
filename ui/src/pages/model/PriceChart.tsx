import { Select, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { useChosenSeries } from "../../components/chartSeries";
import { chartDollars, comparedUnit } from "../../components/numbers";
import { type Kind, kindKey, kindName, kindsOf } from "../../components/priceComponents";
import { SeriesChooser } from "../../components/SeriesChooser";
import { StepChart } from "../../components/StepChart";
import { bindingName } from "./model";
import { type ComponentsOf, type PricedBinding, pricePoints } from "./pricePoints";

const title = (kind: Kind) => `${kindName(kind).replace(/^./, (letter) => letter.toUpperCase())}, per ${comparedUnit(kind.unit)[0]}`;

type Props = { bindings: readonly PricedBinding[]; componentsOf: ComponentsOf; /** Whether components of some prices are not there yet. */ isReading: boolean };

/** One kind of price of the bindings over time: the chosen tier, variant and meter. */
export function PriceChart({ bindings, componentsOf, isReading }: Props) {
  const { price: asked } = useSearch({ from: "/models/$name" });
  const navigate = useNavigate({ from: "/models/$name" });
  const componentsOfAll = ({ prices }: PricedBinding) => prices.nodes.flatMap(componentsOf);
  const kinds = kindsOf(bindings.flatMap(componentsOfAll));
  const kind = kinds.find((each) => kindKey(each) === asked) ?? kinds[0];
  const key = kind && kindKey(kind);
  const having = bindings.filter((binding) => componentsOfAll(binding).some((each) => kindKey(each) === key));
  const choice = useChosenSeries(having.map((binding) => ({ key: binding.id, name: bindingName(binding) })));
  if (!kind) return null;
  const drawn = having.filter(({ id }) => choice.drawn.some((each) => each.key === id));
  return (
    <>
      <Select
        label="Price in the chart" w="min(100%, 28rem)" allowDeselect={false} value={key} searchable={kinds.length > 12}
        data={kinds.map((each) => ({ value: kindKey(each), label: title(each) }))}
        onChange={(price) => void navigate({ search: (search) => ({ ...search, price: price ?? undefined }), resetScroll: false })}
      />
      {asked && asked !== key && !isReading && <Text role="status" size="sm">No price below has the kind {asked} that the address asks for. The chart shows another one.</Text>}
      <StepChart
        label={`${title(kind)}, of each chosen binding. The table below has the same prices.`}
        series={choice.drawn}
        points={pricePoints(drawn, kind, componentsOf)}
        format={chartDollars}
        isStepped
      />
      <SeriesChooser choice={choice} noun="bindings" />
    </>
  );
}
