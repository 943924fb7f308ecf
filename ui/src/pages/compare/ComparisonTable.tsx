import { CloseButton, Text } from "@mantine/core";
import type { CSSProperties } from "react";

import { measureStaying, TableScroll } from "../../components/TableScroll";
import { TextLink } from "../../components/TextLink";
import { type Cell, type Model, type Row, type Section, sectionsOf } from "./rows";

type Props = { models: readonly Model[]; isOnlyDifferent: boolean; onRemove: (name: string) => void };

const NOT_COMPARED =
  "Scheduled prices, content hashes, metadata, and the endpoints and limits of bindings are not compared: they are on the page of each model.";

/** The models side by side; the first column stays where it is while the others scroll. */
export function ComparisonTable({ models, isOnlyDifferent, onRemove }: Props) {
  const isShown = ({ isDifferent }: Row) => !isOnlyDifferent || isDifferent;
  const sections = sectionsOf(models)
    .map((section) => ({ ...section, rows: section.rows.filter(isShown) }))
    .filter(({ rows }) => rows.length > 0);
  if (sections.length === 0) return <Text p="md">The models do not differ in anything that this page compares. {NOT_COMPARED}</Text>;
  return (
    <>
      <TableScroll label="Comparison" className="compare-scroll">
        <table className="compare" aria-label="Comparison" style={{ "--models": models.length } as CSSProperties}>
          <colgroup><col /></colgroup>
          <thead>
            <tr>
              <th scope="col" className="staying" ref={measureStaying}>Attribute</th>
              {models.map(({ id, name }) => (
                <th key={id} scope="col">
                  <div className="compare-name">
                    <TextLink to="/models/$name" params={{ name }} fw={700}>{name}</TextLink>
                    <CloseButton size="sm" aria-label={`Remove ${name}`} onClick={() => onRemove(name)} />
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          {sections.map((section) => <SectionRows key={section.title} section={section} width={models.length} />)}
        </table>
      </TableScroll>
      <Text size="xs" c="dimmed" mt="xs">{NOT_COMPARED}</Text>
    </>
  );
}

function SectionRows({ section, width }: { section: Section; width: number }) {
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" className="staying compare-section">{section.title}</th>
        <td colSpan={width} className="compare-note">{section.note && <Text size="xs" c="dimmed">{section.note}</Text>}</td>
      </tr>
      {section.rows.map(({ title, cells, isDifferent }) => (
        <tr key={title} className={isDifferent ? "is-different" : undefined}>
          <th scope="row" className="staying">
            <div className="compare-attribute">
              {isDifferent ? <span className="compare-differs" role="img" aria-label="differs:" title="The models differ.">≠</span> : <span className="compare-same" aria-hidden="true">≠</span>}
              <span>{title}</span>
            </div>
          </th>
          {cells.map((each, index) => <CompareCell key={index} cell={each} />)}
        </tr>
      ))}
    </tbody>
  );
}

function CompareCell({ cell: { shown, mark } }: { cell: Cell }) {
  return <td>{shown}{mark && <> <span className="compare-mark">{mark}</span></>}</td>;
}
