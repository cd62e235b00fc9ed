"""What all wire models share: strict requests that name unknown fields, and answers that describe themselves."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError

from backproof_service.settings import Settings

BRANCH = "branch:"  # marks the tags of our unions, so that they can be told from field names in an error's location


class Request(BaseModel):
    """The type for what a caller sends: exact types, no unknown fields, immutable."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        use_attribute_docstrings=False,
    )

    in_place_of: ClassVar[Mapping[str, str]] = {}  # fields of a union's other members, and which of ours they replace

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, sent: Any) -> Any:
        if isinstance(sent, Mapping):
            unknown = [key for key in sent if key not in cls.model_fields]
            for other, ours in cls.in_place_of.items():
                if other in unknown and ours in sent:
                    need = f'This holds "{ours}" and "{other}"; it is either of them. Leave one out'
                    raise fault(f"{need}.", other, code="unknown_field")
            if unknown:
                context = {"unknown": unknown, "valid": list(cls.model_fields), "instead": dict(cls.in_place_of)}
                raise PydanticCustomError("unknown_field", "unknown field", context)
        return sent


class Answer(BaseModel):
    """The type for what the service sends; fields may be added, so clients ignore those they do not know."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class WireSchema(GenerateJsonSchema):
    """JSON Schema without made-up titles and null defaults: components carry the names, absent means absent."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> dict[str, Any]:
        found = super().default_schema(schema)
        if found.get("default", 0) is None:
            found.pop("default")
        return found


def fault(message: str, *where: str | int, code: str = "invalid_value") -> PydanticCustomError:
    """An error with our own sentence, at `where` below the value being validated."""
    return PydanticCustomError("fault", "{sentence}", {"sentence": message, "where": list(where), "code": code})


def by_type(sent: Any) -> str:
    """The tag of a union whose members are told apart by their field `type`; a tag of no member where there is none."""
    found = sent.get("type") if isinstance(sent, Mapping) else getattr(sent, "type", None)
    return f"{BRANCH}{found}" if isinstance(found, str) else BRANCH


def by_field(**branches: str) -> Callable[[Any], str | None]:
    """A discriminator that takes the first branch whose field is present: by_field(NetworkLayers="layers")."""

    def tag(sent: Any) -> str | None:
        has = sent.__contains__ if isinstance(sent, Mapping) else lambda name: hasattr(sent, name)
        return next((BRANCH + name for name, field in branches.items() if has(field)), None)

    return tag


def limit(info: ValidationInfo, name: str) -> int | None:
    """The limit of that name when the validation was given settings; stored requests were checked when they came."""
    return getattr(info.context, name) if isinstance(info.context, Settings) else None
