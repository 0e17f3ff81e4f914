"""Records of AI gateways: LiteLLM's generic_api callback, the log of APIPark, and a plain record.

Prompts, answers, addresses and tracebacks are in the first two, and are not looked at.
"""

from collections.abc import Mapping
from typing import Any

from domain.foreign import moment, number, scalar, table
from domain.gateways.ai_call import AiCall, AiOutcome
from domain.gateways.paths import consumer_of

Row = Mapping[str, Any]
UNKNOWN = "(unknown)"
MAX_NAME = 100
KNOWN = {outcome.value: outcome for outcome in AiOutcome}
QUOTA_WORDS, TIMEOUT_WORDS = ("budget", "quota"), ("timeout", "timed out")


def read_ai_call(row: Any) -> AiCall | None:
    """Return the call that a record tells of; None for anything else."""
    if not isinstance(row, dict):
        return None
    if "litellm_call_id" in row or ("response_cost" in row and "model_group" in row):
        return litellm(row)
    if scalar(row.get("ai_model")):
        return apipark(row)
    return plain(row) if "model" in row else None


def litellm(row: Row) -> AiCall:
    """A StandardLoggingPayload. A failed authentication has no model."""
    about, error = table(row.get("metadata")), table(row.get("error_information"))
    asked = table(about.get("requester_metadata"))
    alias = scalar(about.get("user_api_key_alias")) or next(iter(_tags(row.get("request_tags"))), "")
    seconds, is_ok = number(row.get("response_time")), scalar(row.get("status")) == "success"
    outcome = AiOutcome.OK if is_ok else failure(error.get("error_code"), scalar(error.get("error_class")))
    return AiCall(
        at=moment(row.get("endTime") or row.get("startTime")), id=scalar(row.get("id")),
        provider=name_of(row.get("custom_llm_provider")),
        model=name_of(row.get("model_group") or row.get("model")) or UNKNOWN,
        team=name_of(about.get("user_api_key_team_alias") or about.get("team_alias")), consumer=consumer_of(alias),
        prompt=name_of(asked.get("prompt_version")), outcome=outcome, tokens_in=count_of(row.get("prompt_tokens")),
        tokens_out=count_of(row.get("completion_tokens")), cost=cost_of(row.get("response_cost")),
        ms=None if seconds is None else seconds * 1000,
    )  # fmt: skip


def apipark(row: Row) -> AiCall:
    """A line of the access log of APIPark about a call of a model; it has no cost."""
    status = scalar(row.get("status"))
    outcome = AiOutcome.OK if status.startswith(("2", "3")) else failure(status, "")
    return AiCall(
        at=moment(row.get("msec") or row.get("time_iso8601")), id=scalar(row.get("request_id")),
        provider=name_of(row.get("ai_provider")), model=name_of(row.get("ai_model")), team="",
        consumer=consumer_of(scalar(row.get("application"))), prompt="", outcome=outcome,
        tokens_in=count_of(row.get("ai_model_input_token")), tokens_out=count_of(row.get("ai_model_output_token")),
        ms=number(row.get("request_time")),
    )  # fmt: skip


def plain(row: Row) -> AiCall | None:
    """A record with `model`, `outcome` and what else is known, or only with `accepted`."""
    outcome, accepted = KNOWN.get(scalar(row.get("outcome"))), row.get("accepted")
    model = name_of(row.get("model"))
    if not model or (outcome is None and not isinstance(accepted, bool)):
        return None
    return AiCall(
        at=moment(row.get("at")), id=scalar(row.get("id")), provider=name_of(row.get("provider")), model=model,
        team=name_of(row.get("team")), consumer=consumer_of(scalar(row.get("consumer"))),
        prompt=name_of(row.get("prompt")), outcome=outcome, tokens_in=count_of(row.get("tokens_in")),
        tokens_out=count_of(row.get("tokens_out")), cost=cost_of(row.get("cost")), ms=number(row.get("ms")),
        accepted=accepted if isinstance(accepted, bool) else None,
    )  # fmt: skip


def failure(code: Any, error: str) -> AiOutcome:
    """Return how a call failed, from its status and the name of its error."""
    name, status = error.casefold(), scalar(code)
    if any(word in name for word in QUOTA_WORDS) or status == "402":
        return AiOutcome.QUOTA
    if any(word in name for word in TIMEOUT_WORDS) or status in ("408", "504"):
        return AiOutcome.TIMEOUT
    if status == "429":
        return AiOutcome.LIMITED
    return AiOutcome.AUTH if status in ("401", "403") else AiOutcome.FAILED


def _tags(value: Any) -> list[str]:
    """Return the tags of a call without those that LiteLLM adds by itself."""
    found = [scalar(one) for one in value] if isinstance(value, list) else []
    return [one for one in found if one and not one.startswith("User-Agent")]


def name_of(value: Any) -> str:
    """Return a name on one line; "" for anything that is none, and for an address of a person."""
    plain_text = " ".join(part for part in scalar(value).split() if part.isprintable())[:MAX_NAME]
    return "" if "@" in plain_text else plain_text


def count_of(value: Any) -> int:
    """Return a number of tokens; 0 for anything that is none."""
    return max(0, min(int(number(value) or 0), 10**9))


def cost_of(value: Any) -> float | None:
    """Return what a call costs; None for anything that can't be right."""
    found = number(value)
    return None if found is None or not 0 <= found <= 1e6 else found
