"""A language model behind any server that speaks OpenAI's chat completions, such as LiteLLM, vLLM or Ollama."""

import asyncio
from dataclasses import dataclass, field

import aiohttp

from bot.transport.proxies import proxy_for
from connectors.sessions import open_session
from domain.knowledge.drafting import ModelAnswer, read_answer

CALL_TIMEOUT = 180  # seconds; a model on one's own hardware is slow
MAX_TOKENS = 2000  # of an answer


class NoAnswer(Exception):  # noqa: N818 - it is told to a person
    """Why a model gave no answer, as a sentence."""


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """Where a model is: the address up to `/v1`, its name there, and the key, which is empty where none is needed."""

    url: str
    model: str
    key: str = field(default="", repr=False)


def ask(access: ModelAccess, messages: list[dict[str, str]]) -> ModelAnswer:
    """Ask a model once and wait; raise NoAnswer when it gives none."""
    try:
        return asyncio.run(_ask(access, messages))
    except aiohttp.ClientResponseError as error:
        raise NoAnswer(f"The model refused the request (HTTP {error.status}). Check HYPERCARE_AI_URL, the key and the "
                       "name of the model.") from None  # fmt: skip
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise NoAnswer("The model did not answer. Check HYPERCARE_AI_URL and that the server runs.") from None
    except ValueError:
        raise NoAnswer("The model's answer can't be read. Its server has to speak OpenAI's chat completions.") from None


async def _ask(access: ModelAccess, messages: list[dict[str, str]]) -> ModelAnswer:
    address = f"{access.url.rstrip('/')}/chat/completions"
    headers = {"Authorization": f"Bearer {access.key}"} if access.key else {}
    body = {"model": access.model, "messages": messages, "max_tokens": MAX_TOKENS, "temperature": 0}
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT)
    async with (
        open_session(timeout=timeout, headers=headers) as session,
        session.post(address, json=body, proxy=proxy_for(address), allow_redirects=False) as answer,
    ):
        answer.raise_for_status()
        return read_answer(await answer.json(content_type=None))
