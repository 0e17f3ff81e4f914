"""What a browser gets from the web form: its page, the next page, or what is wrong."""

from collections.abc import Mapping, Sequence

from bot.context import AppContext
from bot.services.mail import web_form
from bot.services.mail.form_codes import CodeNeeded
from bot.views.form import InvalidForm
from bot.views.mail import web_form as views
from domain.errors import Refused, Repeated
from domain.mail.incoming import Attachment

OK, NEXT, INVALID, GONE, CONFLICT = 200, 303, 422, 404, 409


def form(
    app: AppContext, token: str, given: Mapping[str, str] | None, once: str, files: Sequence[Attachment] = ()
) -> tuple[int, str]:  # fmt: skip
    """Return the page with the form, or after a submission the address of the report's page."""
    try:
        phase = web_form.open_form(app, token)
    except Refused as no:
        return GONE, views.notice_page(no.text)
    if given is None:
        return OK, views.form_page(phase, once, {}, {})
    if given.get(views.TRAP):
        return OK, views.notice_page("Thank you.")  # a program, which needs no other answer
    try:
        return NEXT, f"{app.public_url}/reports-by-form/{web_form.submit(app, token, given, files)}"
    except CodeNeeded as wrong:
        return INVALID, views.form_page(phase, once, {**given, "code": "", "code_for": wrong.code_for}, wrong.errors)
    except InvalidForm as wrong:
        return INVALID, views.form_page(phase, once, given, wrong.errors)
    except Repeated:
        return CONFLICT, views.notice_page(web_form.SENT)
    except Refused as no:
        return CONFLICT, views.notice_page(no.text)


def follow(
    app: AppContext, token: str, given: Mapping[str, str] | None, once: str, files: Sequence[Attachment] = ()
) -> tuple[int, str]:  # fmt: skip
    """Return the page of a report, after having done what its reporter has submitted, which has no files."""
    assert not files
    try:
        if given is not None:
            web_form.act(app, token, given)
            return NEXT, f"{app.public_url}/reports-by-form/{token}"
        problem = ""
    except Refused as no:
        problem = no.text
    try:
        found = web_form.follow(app, token)
    except Refused as no:
        return GONE, views.notice_page(no.text)
    status = CONFLICT if problem else OK
    return status, views.follow_page(found.ticket, found.phase, found.comments, once, problem)
