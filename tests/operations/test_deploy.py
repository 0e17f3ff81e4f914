"""What operators copy is true: settings, commands and metrics in deploy/, Containerfile and docs/operate.md exist."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import _parser
from bot.metrics import PrometheusMetrics
from bot.settings.settings import PREFIX, Settings
from domain.phases.settings import PhaseSettings
from storage.database.migrate import upgrade
from storage.store import Store

ROOT = Path(__file__).parents[2]
CONTAINERFILE, COMPOSE = ROOT / "Containerfile", ROOT / "deploy" / "compose.yaml"
UNIT, KUBERNETES = ROOT / "deploy" / "hypercare.service", ROOT / "deploy" / "kubernetes.yaml"
RULES, DASHBOARD = ROOT / "deploy" / "prometheus" / "rules.yml", ROOT / "deploy" / "grafana" / "dashboard.json"
LABELS = {"HypercareMessagesWait": {}}  # that a figure has besides those of its alert
OPERATE = ROOT / "docs" / "operate.md"
FILES = (CONTAINERFILE, COMPOSE, UNIT, KUBERNETES, OPERATE)
# Where the program is called: at the start of a line, of a `code span`, or by its path.
COMMAND = re.compile(r"(?:^|(?<=`)|(?<=bin/))hypercare (?P<rest>[a-z][^`'\n]*)", flags=re.MULTILINE)


def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))


def kubernetes(kind: str) -> dict[str, Any]:
    documents = yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8"))
    return next(d for d in documents if d["kind"] == kind)


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)  # a filter may be named twice
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return parser


def instructions(name: str) -> list[str]:
    text = CONTAINERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in text.splitlines() if line.startswith(f"{name} ")]


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every way in which the program is called, and where."""
    for found in COMMAND.finditer(OPERATE.read_text(encoding="utf-8")):
        yield OPERATE.name, shlex.split(found["rest"], comments=True)
    for key in ("ExecStartPre", "ExecStart"):
        program, *rest = shlex.split(unit()["Service"][key])
        assert program.endswith("/hypercare")
        yield UNIT.name, rest
    yield CONTAINERFILE.name, json.loads(instructions("CMD")[-1])
    for service in ("upgrade", "bot"):
        yield COMPOSE.name, compose()["services"][service]["command"]
    for kind in ("Job", "Deployment"):
        yield KUBERNETES.name, container(kind)["args"]


def pod(kind: str) -> dict[str, Any]:
    return kubernetes(kind)["spec"]["template"]["spec"]


def container(kind: str) -> dict[str, Any]:
    return pod(kind)["containers"][0]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_every_setting_exists(file: Path) -> None:
    names = set(re.findall(rf"\b{PREFIX}[A-Z_]+", file.read_text(encoding="utf-8")))
    assert names - {PREFIX + field.upper() for field in Settings.model_fields} == set()
    assert names


@pytest.mark.parametrize(("where", "words"), [*commands()], ids=lambda v: v if isinstance(v, str) else " ".join(v))
def test_every_command_can_be_given(where: str, words: list[str]) -> None:
    _parser().parse_args(words)


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name)
def test_every_command_on_a_page_exists(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole or in part: prose may leave out what has to follow."""
    for found in COMMAND.finditer(page.read_text(encoding="utf-8")):
        try:
            _parser().parse_args(shlex.split(found["rest"], comments=True))
        except SystemExit:
            assert "the following arguments are required" in capsys.readouterr().err, found[0]


def test_the_commands_of_a_bad_day_are_explained() -> None:
    said = {tuple(words[:2]) for where, words in commands() if where == OPERATE.name}
    assert {("outbox", "list"), ("outbox", "retry"), ("outbox", "drop"), ("db", "backup"), ("db", "restored"),
            ("db", "upgrade"), ("db", "check")} <= said  # fmt: skip


def exposed_metrics(tmp_path: Path) -> set[str]:
    """The names of all metrics, without what a counter's name ends with."""
    store = Store(f"sqlite:///{tmp_path / 'bot.db'}")
    upgrade(store)
    text = PrometheusMetrics(store, lambda: datetime.now(UTC)).text().decode()
    store.close()
    exposed = set(re.findall(r"^# TYPE (hypercare_\w+)", text, flags=re.MULTILINE))
    return {name.removesuffix("_total") for name in exposed if not name.endswith("_created")}


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def test_every_metric_is_explained_and_exists(tmp_path: Path) -> None:
    exposed = {name for name in exposed_metrics(tmp_path) if not name.startswith("hypercare_process_")}
    operate = OPERATE.read_text(encoding="utf-8")
    explained = {re.sub("_total$", "", name)
                 for name in re.findall(r"^\| `(hypercare_[a-z_]+)` \|", operate, flags=re.MULTILINE)}  # fmt: skip
    assert [f"Metric {name!r} is missing in docs/operate.md" for name in sorted(exposed - explained)] == []
    assert [f"Metric {name!r} of docs/operate.md does not exist" for name in sorted(explained - exposed)] == []


def test_promtool_accepts_the_rules(tmp_path: Path) -> None:
    """Syntax, and what each alert does with figures of a bad day."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; Debian has it in the package prometheus")
    shutil.copy(RULES, tmp_path / "rules.yml")
    bad = {"hypercare_database_up": "HypercareDown", "hypercare_slack_connected": "HypercareNotConnected",
           "hypercare_token_accepted": "HypercareTokenRejected"}  # fmt: skip
    late = {'hypercare_messages{state="dead"}': "HypercareMessagesWait",
            "hypercare_timer_overdue_seconds": "HypercareTimersLate",
            'hypercare_clock_offset_seconds{against="database"}': "HypercareClockWrong"}  # fmt: skip
    series = [{"series": name, "values": "0x60"} for name in bad] + [
        {"series": name, "values": "400x60"} for name in late
    ]
    buckets = [{"series": f'hypercare_ack_seconds_bucket{{le="{le}"}}', "values": values}
               for le, values in (("2.0", "0x60"), ("3.0", "0+60x60"), ("+Inf", "0+60x60"))]  # fmt: skip
    rejected = [{"series": 'hypercare_http_rejected_total{status="401"}', "values": "0+60x60"}]
    rules = {rule["alert"]: rule for rule in alerts()}
    names = [*bad.values(), *late.values(), "HypercareAnswersLate", "HypercareRequestsRejected"]
    assert sorted(names) == sorted(rules)
    fires = [{"eval_time": "30m", "alertname": name, "exp_alerts": [
        {"exp_labels": rules[name]["labels"] | LABELS.get(name, {}), "exp_annotations": rules[name]["annotations"]}]}
        for name in names]  # fmt: skip
    test = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [
        {"interval": "1m", "input_series": series + buckets + rejected, "alert_rule_test": fires}]}  # fmt: skip
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test), encoding="utf-8")
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "test.yml"]):
        done = subprocess.run([promtool, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_and_the_dashboard_use_metrics_that_exist(tmp_path: Path) -> None:
    known = exposed_metrics(tmp_path)
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    for where in (*shown, *(rule["expr"] for rule in alerts())):
        used = {re.sub(r"_(bucket|total)$", "", name) for name in re.findall(r"\bhypercare_[a-z_]+", where)}
        assert used <= known, where
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_container_does_not_run_as_root() -> None:
    uid, gid = instructions("USER")[-1].split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    text = CONTAINERFILE.read_text(encoding="utf-8")
    assert f"--uid {uid} " in text
    assert "--require-hashes" in text
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(instructions("ENTRYPOINT")[-1]) == ["hypercare"]


def test_the_container_starts_from_the_same_bytes_everywhere() -> None:
    images = {line.split(" AS ")[0] for line in instructions("FROM")}
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.13-slim@sha256:[0-9a-f]{64}", images.pop())


def test_everything_the_container_copies_is_there_and_in_its_context() -> None:
    copied = {name for line in instructions("COPY") if not line.startswith("--from") for name in line.split()[:-1]}
    ignore = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert {name.split("/")[0] for name in copied} == {line[1:] for line in ignore if line.startswith("!")}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"][
        "find"
    ]
    assert {package.removesuffix("*") for package in packages["include"]} | {"manifest.yaml"} <= copied


def test_the_health_check_is_python() -> None:
    program, flag, code = json.loads(instructions("HEALTHCHECK")[-1].split(" CMD ")[1])
    assert (program, flag) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert "/healthz" in code


def test_compose_upgrades_before_it_runs() -> None:
    services = compose()["services"]
    assert re.fullmatch(r"postgres:17@sha256:[0-9a-f]{64}", services["database"]["image"])
    assert services["bot"]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
    assert services["upgrade"]["depends_on"]["database"]["condition"] == "service_healthy"
    for name in ("upgrade", "bot"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert services["bot"]["stop_grace_period"] == "15s"
    assert services["bot"]["environment"].keys() >= {"HYPERCARE_DATABASE", "HYPERCARE_BOT_TOKEN", "HYPERCARE_APP_TOKEN"}


def test_the_unit_waits_for_a_stop() -> None:
    service = unit()["Service"]
    assert int(service["TimeoutStopSec"]) >= 15
    assert service["User"] != "root"
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_kubernetes_runs_two_and_asks_both_probes() -> None:
    deployment, bot = kubernetes("Deployment"), container("Deployment")
    assert deployment["spec"]["replicas"] == 2
    assert pod("Deployment")["terminationGracePeriodSeconds"] == 15
    ports = {port["name"]: port["containerPort"] for port in bot["ports"]}
    env = {e["name"]: e["value"] for e in bot["env"]}
    assert env["HYPERCARE_MONITOR_HOST"] == "0.0.0.0"
    assert int(env["HYPERCARE_MONITOR_PORT"]) == ports["monitor"]
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert bot[probe]["httpGet"] == {"path": path, "port": "monitor"}
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for kind in ("Service", "PodDisruptionBudget"):
        selector = kubernetes(kind)["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels.items()


@pytest.mark.parametrize("kind", ["Job", "Deployment"])
def test_kubernetes_runs_as_the_containers_user(kind: str) -> None:
    uid, gid = map(int, instructions("USER")[-1].split(":"))
    context = pod(kind)["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["runAsGroup"]) == (True, uid, gid)
    assert container(kind)["securityContext"]["readOnlyRootFilesystem"] is True


def test_what_kubernetes_is_given_is_accepted() -> None:
    secret = kubernetes("Secret")["stringData"]
    phase = tomllib.loads(kubernetes("ConfigMap")["data"]["hypercare.toml"])["phase"]
    given = {name.removeprefix(PREFIX).lower(): value for name, value in secret.items()}
    env = {e["name"].removeprefix(PREFIX).lower(): e["value"] for e in container("Deployment")["env"]}
    assert Settings(**given, **env, phase=PhaseSettings.model_validate(phase)).ready_message_age == 0


def test_the_documents_keep_to_the_page() -> None:
    long = [f"{f.name}: {line}" for f in (*FILES,) for line in f.read_text(encoding="utf-8").splitlines()
            if len(line) > 120 and not line.startswith("HEALTHCHECK")]  # fmt: skip
    assert long == []
