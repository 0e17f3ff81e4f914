"""The loop back to reporters: what followers hear, two-way threads, macros, reactions, waiting, notes and pitfalls."""

from datetime import timedelta

from domain.conversations.settings import Macro
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied
from tests.support.people import Message

TEXT = "The terminal in hall 2 stays dark"


def reported(slack: BotWorkspace, text: str = TEXT, **more: str) -> Message:
    slack.person("maria").reports(text, **more)
    card = slack.triage.expects(text)
    slack.quiet()
    return card


def heard(slack: BotWorkspace, name: str) -> str:
    slack.quiet()
    return " | ".join(m.words for root in slack.person(name).dm.messages() for m in [root, *root.thread()])


def resolves(slack: BotWorkspace, name: str = "PAY-1", explanation: str = "A new cable") -> None:
    form = slack.person("jo").opens(f"/hypercare resolve {name}")
    assert form.fills(explanation=explanation, fix="root_cause").submits() == {"closed": True}
    slack.quiet()


def test_a_follower_says_how_much_they_want_to_hear(slack: BotWorkspace) -> None:
    card = reported(slack)
    for name, wants in (("tom", "resolution"), ("ann", "changes"), ("ravi", "mute")):
        answer = slack.person(name).types(f"/hypercare follow PAY-1 {wants}")
        assert ("You won't get" if wants == "mute" else "You'll get") in answer["text"]
    slack.person("jo").presses(card, "Acknowledge")
    slack.person("jo").presses(card, "more:status")
    slack.person("jo").modal().fills(status="fixing").submits()
    slack.person("jo").presses(card, "Reply")
    slack.person("jo").modal().fills(text="Nearly there", to="all_followers").submits()
    resolves(slack)
    said = ("being fixed", "Nearly there", "is resolved")
    told = {name: [words in heard(slack, name) for words in said] for name in ("tom", "ann", "ravi")}
    assert told == {"tom": [False, False, True], "ann": [True, False, True], "ravi": [False, False, False]}


def test_affected_people_can_mute_a_ticket_in_their_first_message(slack: BotWorkspace) -> None:
    reported(slack)
    tom = slack.person("tom")
    tom.types("/hypercare metoo PAY-1")
    first = tom.dm.expects("You're affected")
    with slack.application.store.read() as tx:
        ticket = tx.tickets.find_by_name("PAY", 1)
    assert ticket
    slack.control.post("action", user="tom", channel=first.channel, ts=first.ts, action_id="wants",
                       value=f"{ticket.id}:mute")  # fmt: skip
    resolves(slack)
    assert "is resolved" not in heard(slack, "tom")
    assert "own report" in slack.person("maria").types("/hypercare follow PAY-1 mute")["text"]


def test_a_follower_who_writes_is_heard_by_the_team(slack: BotWorkspace) -> None:
    card = reported(slack)
    tom = slack.person("tom")
    tom.types("/hypercare metoo PAY-1")
    tom.replies(tom.dm.expects("You're affected"), "It is dark in hall 3 too")
    card.expects_reply("It is dark in hall 3 too")


def test_two_way_threads_send_team_messages_except_internal_ones(slack: BotWorkspace) -> None:
    applied(slack, conversations={"two_way": True})
    card = reported(slack)
    jo = slack.person("jo")
    jo.replies(card, "Have you tried another socket?")
    jo.replies(card, "// she sounds annoyed")
    slack.quiet()
    eventually(lambda: "another socket" in heard(slack, "maria"), "the question")
    ts = jo.replies(card, "It is Tuesday\n// maybe Wednesday")
    eventually(lambda: "It is Tuesday" in heard(slack, "maria"), "the day")
    jo.edits(card.channel, ts, "It is Thursday")
    eventually(lambda: "It is Thursday" in heard(slack, "maria"), "the edit")
    for inside in ("annoyed", "Wednesday"):
        assert inside not in heard(slack, "maria")


def test_a_macro_fills_in_what_differs(slack: BotWorkspace) -> None:
    applied(
        slack,
        conversations={
            "macros": (Macro(name="restart", text="{reporter}, please restart it. {me} stays on {ticket}."),)
        },
    )
    card = reported(slack)
    jo = slack.person("jo")
    jo.replies(card, ">> !restart Then tell us.")
    eventually(lambda: "please restart it." in heard(slack, "maria"), "the macro")
    assert "stays on PAY-1. Then tell us." in heard(slack, "maria")
    jo.replies(card, ">> !reboot")
    eventually(lambda: any("There is no macro `!reboot`" in w for w in jo.whispers("hypercare-desk")), "a hint")
    jo.presses(card, "Reply")
    slack.control.post("action", user="jo", view=True, action_id="macro", value="restart", values={"text": "Hello."})
    form = jo.modal()
    assert form.fields[1] == "text_1"
    assert "Hello." in form.words
    assert "please restart it." in form.words


def test_a_reaction_is_seen_in_the_other_thread(slack: BotWorkspace) -> None:
    card = reported(slack)
    maria, jo = slack.person("maria"), slack.person("jo")
    thanks = maria.dm.expects("Thank you")
    ts = maria.replies(thanks, "It is the left one")
    copy = card.expects_reply("It is the left one")
    slack.quiet()
    jo.reacts(copy, "thumbsup")

    def names(channel: str, thread: str, at: str, user: str) -> list[str]:
        found = next(m for m in slack.messages(channel, thread, user) if m.ts == at)
        return [one["name"] for one in found.raw.get("reactions", [])]

    eventually(lambda: names(thanks.channel, thanks.ts, ts, "maria") == ["thumbsup"], "her words with a thumb")
    slack.control.post("reaction", user="jo", channel=copy.channel, ts=copy.ts, name="thumbsup", remove=True)
    eventually(lambda: names(thanks.channel, thanks.ts, ts, "maria") == [], "no thumb any more")
    written = jo.replies(card, ">> Thank you, that helps")
    answer = thanks.expects_reply("that helps")
    slack.quiet()
    maria.reacts(answer, "heart")
    eventually(lambda: names(card.channel, card.ts, written, "jo") == ["heart"], "his words with a heart")


def test_a_reaction_of_two_stays_until_the_second_has_taken_it_away(slack: BotWorkspace) -> None:
    card = reported(slack)
    maria = slack.person("maria")
    thanks = maria.dm.expects("Thank you")
    ts = maria.replies(thanks, "It is the left one")
    copy = card.expects_reply("It is the left one")
    slack.quiet()

    def thumbs() -> int:
        found = next(m for m in slack.messages(thanks.channel, thanks.ts, "maria") if m.ts == ts)
        return len(found.raw.get("reactions", []))

    def told() -> list[str]:
        with slack.application.store.read() as tx:
            source = tx.mirrors.find_source(slack.channel_id(copy.channel), copy.ts)
            return tx.mirrors.list_reactions((source.channel, source.ts), "thumbsup") if source else []

    for who in ("jo", "ravi"):
        slack.person(who).reacts(copy, "thumbsup")
        eventually(lambda: slack.user_id(who) in told(), f"{who}'s thumb")  # noqa: B023 - waited for at once
    slack.control.post("reaction", user="jo", channel=copy.channel, ts=copy.ts, name="thumbsup", remove=True)
    eventually(lambda: told() == [slack.user_id("ravi")], "one thumb")
    slack.quiet()
    assert thumbs() == 1
    slack.control.post("reaction", user="ravi", channel=copy.channel, ts=copy.ts, name="thumbsup", remove=True)
    eventually(lambda: thumbs() == 0, "no thumb any more")


def test_the_whole_conversation_is_shown_to_those_who_had_it(slack: BotWorkspace) -> None:
    card = reported(slack)
    maria, jo = slack.person("maria"), slack.person("jo")
    ts = maria.replies(maria.dm.expects("Thank you"), "It blinks first")
    card.expects_reply("It blinks first")
    jo.replies(card, ">> Which colour?")
    jo.replies(card, "I think it is the cable")
    slack.quiet()
    eventually(lambda: "Which colour?" in heard(slack, "maria"), "the question")
    for person, message, button in (
        (maria, maria.dm.expects("Thank you"), "Show PAY-1"),
        (jo, card, "Show everything"),
    ):
        person.presses(message, button)
        words = person.modal().words
        assert ("It blinks first" in words, "Which colour?" in words, "the cable" in words) == (True, True, False)
    assert "It blinks first" not in str(slack.person("tom").types("/hypercare show PAY-1"))
    maria.deletes(maria.dm.expects("Thank you").channel, ts)
    card.expects_reply("deleted this message")
    slack.quiet()
    jo.presses(card, "Show everything")
    assert "It blinks first" not in jo.modal().words


def test_a_reporter_is_reminded_of_a_question_and_then_the_team_decides(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = reported(slack)
    jo = slack.person("jo")
    jo.presses(card, "more:waiting")
    jo.modal().fills(question="Which terminal?").submits()
    card.shows("Waiting on the reporter since")
    thanks, counts = slack.person("maria").dm.expects("Thank you"), list[int]()
    for _ in range(8):
        passes(slack, days=1)
        counts.append(sum("is still waiting on your answer" in m.raw["text"] for m in thanks.thread()))
    assert (counts[0], counts[1], counts[-1]) == (1, 1, 2)
    assert "hasn't answered" in card.expects_reply("Continue without the answer").words
    maria = slack.person("maria")
    maria.replies(maria.dm.expects("Thank you"), "The left one")
    card.shows("Waiting on the team since")
    assert "working time so far: team" in card.now().words


def test_leads_review_tickets_deferred_without_a_date(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = reported(slack)
    lena = slack.person("lena")
    lena.presses(card, "more:defer")
    lena.modal().fills(reason="needs_redesign", text="The vendor has to say").submits()
    slack.quiet()
    passes(slack, days=15)
    assert "deferred without a date since" in card.expects_reply("Set a date").words


def test_you_said_we_did_is_read_by_a_lead_and_posted_once(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    reported(slack)
    slack.person("tom").types("/hypercare metoo PAY-1")
    slack.person("maria").reports("I can see all salaries", type="security")
    resolves(slack)
    passes(slack, days=4, hours=4, minutes=1)  # Friday at two
    lena = slack.person("lena")
    draft = lena.dm.expects("Your weekly note")
    assert f"{TEXT} (2 people) → A new cable" in draft.words
    assert "salaries" not in draft.words
    assert not any("you said, we did" in m.words for m in slack.channel("payroll-help").messages())
    lena.presses(draft, "Review")
    form = lena.modal()
    words = form.view["blocks"][1]["element"]["initial_value"]
    form.fills(words=f"{words}\nThank you all.", thanks="Hall 2 was patient with us").submits()
    slack.channel("payroll-help").expects("Thank you all.")
    assert "in <#" in lena.dm.expects("posted the weekly note").words
    passes(slack, days=3)
    assert "Hall 2 was patient with us" in slack.channel("hypercare-digest").expects("patient").words


def test_thanks_of_a_lead_are_in_the_next_digest(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    assert (
        "will be in the next digest"
        in slack.person("lena").types("/hypercare thanks Everybody who stayed late")["text"]
    )
    assert "Only leads and stakeholders" in slack.person("tom").types("/hypercare thanks Me")["text"]
    passes(slack, days=1)
    slack.channel("hypercare-digest").expects("Everybody who stayed late")


def test_pitfalls_name_what_needs_attention(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = reported(slack, severity="high")
    reported(slack, "Slow search", severity="high")
    applied(slack, conversations={"blame_hints": True})
    slack.person("jo").replies(card, ">> This is a user error, you should have read the manual")
    slack.quiet()
    passes(slack, hours=6)
    page = slack.person("lena").types("/hypercare pitfalls")
    said = str(page)
    assert "1 ticket missed its acknowledge target" in said
    assert "Slow search" in said
    assert "1 message of the last seven days blames a person" in said
    assert "“This is a user error, you should have read the manual”" in said
    assert "No one has these roles:" in said
    assert "Only leads of" in slack.person("tom").types("/hypercare pitfalls")["text"]
    applied(slack, reporting={"pitfalls": {"ignored": 3, "blame": 2}})
    assert "threshold 3" in str(slack.person("lena").types("/hypercare pitfalls"))


def test_lists_show_whom_a_ticket_waits_on(slack: BotWorkspace) -> None:
    reported(slack)
    assert "waiting on the team since" in str(slack.person("jo").types("/hypercare list"))
    with slack.application.store.read() as tx:
        ticket = tx.tickets.find_by_name("PAY", 1)
    assert ticket
    assert ticket.waiting_since
    assert abs(ticket.waiting_since - ticket.opened_at) < timedelta(seconds=1)


def test_a_reply_of_the_reporter_keeps_the_deferral_date(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = reported(slack)
    lena, day = slack.person("lena"), (slack.application.context.now() + timedelta(days=3)).date()
    lena.presses(card, "more:defer")
    lena.modal().fills(reason="next_release", text="With 4.3", date=day.isoformat()).submits()
    slack.quiet()
    slack.person("maria").replies(slack.person("maria").dm.expects("Thank you"), "Any news?")
    card.expects_reply("Any news?")
    lena.presses(card, "Change date")
    lena.modal().fills(
        reason="next_release", text="With 4.4", date=(day + timedelta(days=1)).isoformat()
    ).submits()  # Friday
    slack.quiet()
    passes(slack, days=3, hours=2)
    assert "Deferred" in card.now().words
    passes(slack, days=1)
    card.shows("Under investigation")


def test_a_deferred_ticket_returns_on_its_date_after_an_unmerge(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = reported(slack)
    reported(slack, "Another terminal is dark")
    lena, day = slack.person("lena"), (slack.application.context.now() + timedelta(days=2)).date()
    lena.presses(card, "more:defer")
    lena.modal().fills(reason="next_release", text="With 4.3", date=day.isoformat()).submits()
    slack.quiet()
    lena.types("/hypercare merge PAY-1 PAY-2")
    lena.types("/hypercare unmerge PAY-1")
    slack.quiet()
    passes(slack, days=2, hours=1)
    card.shows("Under investigation")


def test_replies_about_a_promise_reach_only_the_team(slack: BotWorkspace) -> None:
    applied(slack, conversations={"two_way": True})
    to_monday(slack, "10:00")
    card = reported(slack)
    jo = slack.person("jo")
    by = int((slack.application.context.now() + timedelta(days=3)).timestamp())
    jo.opens("/hypercare promise PAY-1").fills(promise="fix", by=by).submits()
    slack.quiet()
    passes(slack, days=2)
    jo.replies(jo.dm.expects("Will you make it?"), "No, the vendor broke it again")
    card.expects_reply("the vendor broke it again")
    assert "vendor" not in heard(slack, "maria")


def test_a_merge_does_not_name_an_anonymous_reporter(slack: BotWorkspace) -> None:
    card = reported(slack)
    tom = slack.person("tom")
    tom.reports("Dark terminal here", anonymous="yes")
    slack.triage.expects("Dark terminal here")
    slack.quiet()
    slack.person("lena").types("/hypercare merge PAY-2 PAY-1")
    slack.quiet()
    resolves(slack)
    assert "is resolved" in heard(slack, "tom"), "in the thread that he has"
    tom.replies(tom.dm.expects("Thank you"), "It is fine now")
    slack.quiet()
    everything = str([m.words for m in card.thread()]) + card.now().words
    assert slack.user_id("tom") not in everything


def test_watchers_read_that_it_is_resolved_and_are_asked_nothing(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    reported(slack)
    slack.person("tom").types("/hypercare follow PAY-1")
    resolves(slack)
    passes(slack, days=4)
    assert "is resolved" in heard(slack, "tom")
    assert "Is this fixed?" not in heard(slack, "tom")
