"""Problems (RFC 9457): what every answer that is not a success says."""

from pydantic import Field

from backproof_service.wire.base import Answer


class Fault(Answer):
    """One input at fault: where it is (pointer, parameter or header) and what is wrong with it."""

    pointer: str = Field(
        "", description="JSON pointer into the body, as a URI fragment.", examples=["#/network/layers/1/weights"]
    )
    parameter: str = Field("", description="Name of the query or path parameter.", examples=["limit"])
    header: str = Field("", description="Name of the header.", examples=["Content-Type"])
    detail: str = Field(description="What was given, what was needed, what to do.")


class Problem(Answer):
    """A problem (RFC 9457)."""

    type: str = Field(description="A URI that names the kind of problem.", examples=["about:blank"])
    title: str = Field(
        description="The kind of problem in words.", examples=["The request holds a value that cannot be used"]
    )
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(description="What was given, what was needed, what to do.")
    code: str = Field(description="A word for programs.", examples=["invalid_value"])
    request_id: str = Field("", description="The id of the request, as in X-Request-ID; a failed job has none.")
    errors: list[Fault] = Field([], description="Where an input is at fault: each place.")
    limit_bytes: int = Field(0, description="With 413: the most that is accepted.")
    actual_bytes: int = Field(0, description="With 413: what was sent, as far as it was counted.")
    predicted_bytes: int = Field(0, description="With too_large_for_form: the memory that the form would take.")
    budget_bytes: int = Field(0, description="With too_large_for_form: the memory that it may take.")
    fits: list[str] = Field([], description="With too_large_for_form: what would fit, in words.")
