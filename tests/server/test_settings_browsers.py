"""The settings of browsers: origins are exact, and a bad one gets a clear error."""

import pytest
from pydantic import ValidationError

from server.settings import Settings
from server.settings_text import problems


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize(
    ("line", "origins"),
    [
        ("", []),
        ("https://dash.example.com", ["https://dash.example.com"]),
        (" HTTPS://Dash.Example.com:443 ,http://localhost:5173,", None),
        ("http://[::1]:5173, http://127.0.0.1", ["http://[::1]:5173", "http://127.0.0.1"]),
        ("http://xn--bcher-kva.example:80", ["http://xn--bcher-kva.example"]),
        ("https://a.example:80", ["https://a.example:80"]),
    ],
)
def test_origins_are_kept_as_browsers_write_them(line: str, origins: list[str] | None) -> None:
    expected = ["https://dash.example.com", "http://localhost:5173"] if origins is None else origins
    assert settings(cors_origins=line).cors_origin_list == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("*", "`*` would open the registry to every web page"),
        ("https://a.example, *", "`*` would open the registry to every web page"),
        ("null", "sandboxed frames on any site"),
        ("https://*.example.com", "has a wildcard"),
        ("https://dash.example.com/", "has a path, or a slash at its end"),
        ("https://dash.example.com/app", "has a path, or a slash at its end"),
        ("dash.example.com", "has no scheme"),
        ("ftp://dash.example.com", "is no origin"),
        ("https://user@dash.example.com", "is no origin"),
        ("https://dash.example.com:99999", "is no origin"),
        ("https://dash.example.com:0", "is no origin"),
        ("https://bücher.example", "is not ASCII"),
        ("https://", "is no origin"),
    ],
)
def test_what_is_no_origin_is_refused_with_the_reason(line: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(cors_origins=line)
    [problem] = problems(refused.value)
    assert problem.startswith("REGISTRY_CORS_ORIGINS: ")
    assert why in problem


def test_credentials_need_origins() -> None:
    with pytest.raises(ValidationError) as refused:
        settings(cors_credentials=True)
    [problem] = problems(refused.value)
    assert problem.startswith("REGISTRY_CORS_CREDENTIALS: needs origins")
    assert settings(cors_credentials=True, cors_origins="https://a.example").cors_credentials
