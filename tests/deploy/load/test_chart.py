"""Figures over time as SVG text."""

from xml.etree import ElementTree

from deploy.load.chart import Chart, Mark, Panel, svg

_SVG = "{http://www.w3.org/2000/svg}"


def test_lines_are_scaled_to_their_panel_and_marks_to_the_seconds() -> None:
    rates = [(0.0, 0.0), (5.0, 80.0), (10.0, 100.0)]
    chart = Chart("Rates & more", "a caption", [Panel("rates", {"all": rates})], [Mark(5, 10, "1")])
    tree = ElementTree.fromstring(svg(chart))
    (line,) = tree.iter(f"{_SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    (mark,) = (rect for rect in tree.iter(f"{_SVG}rect"))
    assert points[0][0] < points[1][0] < points[2][0]
    assert points[0][1] - points[1][1] == 0.8 * (points[0][1] - points[2][1])  # from below
    assert float(mark.attrib["x"]) == points[1][0]
    assert float(mark.attrib["x"]) + float(mark.attrib["width"]) == points[2][0]
    assert "Rates & more" in [text.text for text in tree.iter(f"{_SVG}text")]


def test_without_points_the_picture_has_no_lines() -> None:
    tree = ElementTree.fromstring(svg(Chart("none", "", [Panel("rates", {"all": []})])))
    assert [line.attrib["points"] for line in tree.iter(f"{_SVG}polyline")] == [""]
