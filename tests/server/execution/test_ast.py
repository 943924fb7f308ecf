"""Trees are kept without what only a parser and a validator need."""

from graphql import FieldNode, GraphQLError, Token, Visitor, parse, print_ast, visit

from server.execution import ast

TEXT = """
query Q($n: Int = 1, $on: [Boolean!]!) @d(if: $on) {
  a: x(n: $n, o: {k: [1, "two", ENUM, null]}) { ... on T @skip(if: true) { x } ...F }
}
fragment F on T { x }
"""


class _Fields(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[FieldNode] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.found.append(node)


def _fields(text: str, *, is_slim: bool) -> list[FieldNode]:
    tree, fields = parse(text), _Fields()
    if is_slim:
        ast.compact(tree)
    visit(tree, fields)
    return fields.found


def test_a_slim_tree_says_the_same() -> None:
    tree = parse(TEXT)
    ast.compact(tree)
    assert print_ast(tree) == print_ast(parse(TEXT))


def test_an_error_still_knows_its_place() -> None:
    whole, compact = (_fields(TEXT, is_slim=is_slim) for is_slim in (False, True))
    places = [GraphQLError("no", node).locations for node in whole]
    assert [GraphQLError("no", node).locations for node in compact] == places
    assert places[0] is not None


def test_the_text_s_tokens_are_let_go() -> None:
    found: set[Token] = set()
    for node in _fields(TEXT, is_slim=True):
        assert node.loc is not None
        found |= {node.loc.start_token, node.loc.end_token}
    assert [(token.prev, token.next) for token in found] == [(None, None)]


def test_a_name_is_one_node_however_often_it_is_used() -> None:
    names = {id(node.name) for text in (TEXT, "{ x }") for node in _fields(text, is_slim=True)}
    assert len(names) == 1


def test_a_document_may_nest_as_deeply_as_it_can_be_parsed() -> None:
    depth = 60
    tree = parse("{ x " * depth + "}" * depth)
    ast.compact(tree)
    assert print_ast(tree).count("x") == depth
