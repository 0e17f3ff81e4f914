"""`/hypercare signals`: the integrations for alerts of other systems, and what came in."""

from bot.context import AppContext
from bot.services.phases.phases import get_phase
from bot.services.signals import integrations
from bot.services.signals.overview import overview, try_rules
from bot.views.signals import integrations as views
from domain.errors import Refused
from handlers.request import Answer, Handler, Reply, Request, reply

USAGE = "Use `signals`, or `signals add`, `rotate`, `revoke` or `test` with a kind, such as `signals add alertmanager`."


def command(app: AppContext, call: Request) -> Answer:
    """`signals [PAY]` shows the page, `signals [PAY] add grafana` adds an integration."""
    phase, words = integrations.phase_of_lead(app, call.person, call.channel, call.text.split())
    if not words:
        return Reply(views.overview(overview(app, phase)))
    if len(words) != 2 or words[0] not in DOES:
        raise Refused(USAGE)
    return reply(DOES[words[0]](app, call, phase.key, words[1]))


def _pressed(verb: str) -> Handler:
    def press(app: AppContext, call: Request) -> Answer:
        key, _, kind = call.value.partition(" ")
        integrations.require_lead(call.person, get_phase(app, key))
        return reply(DOES[verb](app, call, key, kind))

    return press


def _add(app: AppContext, call: Request, key: str, kind: str) -> str:
    secret = integrations.add(app, key, kind, call.person.id, request=call.request)
    return _secret(app, key, kind, secret)


def _rotate(app: AppContext, call: Request, key: str, kind: str) -> str:
    secret = integrations.rotate(app, key, kind, call.person.id, request=call.request)
    return _secret(app, key, kind, secret, is_rotated=True)


def _secret(app: AppContext, key: str, kind: str, secret: str, *, is_rotated: bool = False) -> str:
    known = integrations.get_kind(kind)
    address = integrations.address_of(app, get_phase(app, key), known.name)
    return views.secret(known, address, secret, is_rotated=is_rotated)


def _revoke(app: AppContext, call: Request, key: str, kind: str) -> str:
    integrations.revoke(app, key, kind, call.person.id, request=call.request)
    return views.revoked(integrations.get_kind(kind))


def _test(app: AppContext, _call: Request, key: str, kind: str) -> str:
    return views.tested(integrations.get_kind(kind), try_rules(app, get_phase(app, key), kind))


DOES = {"add": _add, "rotate": _rotate, "revoke": _revoke, "test": _test}
COMMANDS: dict[str, Handler] = {"signals": command}
ACTIONS: dict[str, Handler] = {
    views.TEST: _pressed("test"), views.ROTATE: _pressed("rotate"), views.REVOKE: _pressed("revoke"),
}  # fmt: skip
