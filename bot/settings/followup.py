"""What a phase's file says of the loop back to reporters: the answers a team gives often, and the weekly note."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from domain.conversations.macros import PLACES, unknown

PitfallName = Literal["ignored", "overload", "blame", "resources", "communication"]
Use = Literal["off", "optional", "required"]
WEEKLY = r"^(never|(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d)$"


class MacroFile(BaseModel):
    """An answer that is given often, in a `[[phase.macros]]` table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,29}$", description="Short name, as in `>> !restart`")
    text: str = Field(
        min_length=1, max_length=2000,
        description="Its words, with `{ticket}`, `{summary}`, `{reporter}`, `{owner}`, `{module}`, `{severity}`, "
        "`{status}` and `{me}` where they differ",
    )  # fmt: skip

    @field_validator("text")
    @classmethod
    def _known(cls, value: str) -> str:
        if wrong := unknown(value):
            raise ValueError(f"nothing fills {', '.join(wrong)}; there is {', '.join(PLACES)}")
        return value
