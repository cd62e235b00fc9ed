"""GET /docs: the OpenAPI document as one page for people, with nothing fetched from elsewhere."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from json import dumps
from shlex import quote
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b2330 }
h1, h2, h3 { line-height: 1.2 }
h2 { margin-top: 3rem; border-bottom: 1px solid #cbd3de; text-transform: capitalize }
details { border: 1px solid #cbd3de; border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem }
summary { cursor: pointer }
code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { background: #f3f5f8; padding: .7rem; overflow: auto }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0 }
b.method { display: inline-block; min-width: 4.5rem; color: #0b5cad }
.quiet { color: #5a6675 }
a { color: #0b5cad }
"""


def install(app: FastAPI) -> None:
    """Adds the page to the application."""

    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(app.openapi(), str(request.base_url).rstrip("/")))

    async def root(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/docs", 307)

    app.add_api_route("/docs", docs, include_in_schema=False)
    app.add_api_route("/", root, include_in_schema=False)


def page(document: Mapping[str, Any], url: str) -> str:
    """The whole page; url is the address that it was asked at."""
    info = document["info"]
    tags = "".join(_tag(tag, document, url) for tag in document["tags"])
    schemas = "".join(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>{_text(info['description'])}"
        f'<p>The same as an OpenAPI document, for programs: <a href="openapi.json">{escape(url)}/openapi.json</a>.</p>'
        f"{tags}<h2>Schemas</h2>{schemas}</html>"
    )


def _tag(tag: Mapping[str, str], document: Mapping[str, Any], url: str) -> str:
    found = [
        _operation(method, path, operation, url)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation.get("tags", ())
    ]
    return f"<h2>{escape(tag['name'])}</h2><p>{_words(tag['description'])}</p>{''.join(found)}"


def _operation(method: str, path: str, operation: Mapping[str, Any], url: str) -> str:
    parameters = "".join(_parameter(parameter) for parameter in operation.get("parameters", ()))
    body = operation.get("requestBody", {}).get("content", {})
    answers = "".join(
        f"<tr><td><code>{status}</code><td>{_words(answer['description'])}<td>{_types(answer.get('content', {}))}"
        for status, answer in operation["responses"].items()
    )
    return (
        f'<details><summary><b class="method">{method.upper()}</b><code>{escape(path)}</code> '
        f'<span class="quiet">{_words(operation["summary"])}</span></summary>{_text(operation.get("description", ""))}'
        f"{f'<h3>Parameters</h3><table>{parameters}</table>' if parameters else ''}"
        f"{f'<h3>Body</h3><p>{_types(body)}</p>' if body else ''}{''.join(_examples(method.upper(), url + path, body))}"
        f"<h3>Answers</h3><table>{answers}</table></details>"
    )


def _parameter(parameter: Mapping[str, Any]) -> str:
    need = "required" if parameter.get("required") else ""
    words = _words(parameter.get("description", ""))
    return f"<tr><td><code>{escape(parameter['name'])}</code><td>{parameter['in']} {need}<td>{words}"


def _examples(method: str, url: str, body: Mapping[str, Any]) -> Iterator[str]:
    how = "" if method == "POST" else f"-X {method} "  # curl sends a body by POST of itself
    for kind, content in body.items():
        for example in content.get("examples", {}).values():
            sent = quote(dumps(example["value"], ensure_ascii=False))
            call = f"curl {how}-H 'Content-Type: {kind}' -d {sent} {quote(url)}"
            yield f"<pre>{escape(call)}</pre>"


def _types(content: Mapping[str, Any]) -> str:
    return ", ".join(f"{escape(kind)}: {_type(entry.get('schema', {}))}" for kind, entry in content.items())


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    fields = "".join(
        f"<tr><td><code>{escape(field)}</code><td>{_type(value)}<td>{'required' if field in required else ''}"
        f"<td>{_words(value.get('description', ''))}"
        for field, value in schema.get("properties", {}).items()
    )
    shown = f"<table>{fields}</table>" if fields else f"<p>{_type(schema)}</p>"
    return (
        f'<details id="{escape(name)}"><summary><b>{escape(name)}</b> '
        f'<span class="quiet">{_words(schema.get("description", ""))}</span></summary>{shown}</details>'
    )


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, components as links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}">{name}</a>'
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return " or ".join(_type(member) for member in schema[union])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if values:
        return " | ".join(f"<code>{escape(dumps(value, ensure_ascii=False))}</code>" for value in values)
    return escape(str(schema.get("type", "anything")))


def _text(words: str) -> str:
    return "".join(f"<p>{_words(paragraph)}</p>" for paragraph in words.split("\n\n") if paragraph.strip())


def _words(text: str) -> str:
    """A description as HTML: what stands between backticks is code, an item of a list begins a line."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)).replace("\n- ", "<br>")
