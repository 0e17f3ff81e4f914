"""What operators are given can be trusted: a bill of materials, a check for advisories, and hardened files."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.supply import advisories
from tests.supply.__main__ import NOT_CHECKED, main

ROOT = Path(__file__).parents[2]
LOCK, UNIT = ROOT / "locks" / "run.txt", ROOT / "deploy" / "hypercare.service"
MOST_EXPOSED = 15  # tenths of systemd's points; 100 is a service without any limit
CLUSTER = "1.31"


def advisory(name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": [*events]}]}
    return {"id": f"TEST-{name}", "summary": "A weakness", "affected": [affected], **more}


def test_the_bill_of_materials_is_valid_and_has_every_locked_package(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(LOCK), "--pyproject",
               str(ROOT / "pyproject.toml"), "--output-reproducible", "--no-validate", "-o", str(out)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    text = out.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert bill["metadata"]["component"]["name"] == "hypercare"
    listed = {advisories.canonicalize_name(one["name"]): one for one in bill["components"]}
    assert {name: one["version"] for name, one in listed.items()} == advisories.locked(LOCK)
    assert [name for name, one in listed.items() if not one["purl"].startswith("pkg:pypi/")] == []


@pytest.mark.parametrize(("version", "events", "concerned"), [
    ("1.5", [{"introduced": "0"}, {"fixed": "1.6"}], True),
    ("1.6", [{"introduced": "0"}, {"fixed": "1.6"}], False),
    ("1.6", [{"introduced": "1.0"}, {"last_affected": "1.6"}], True),
    ("1.6.1", [{"introduced": "1.0"}, {"last_affected": "1.6"}], False),
    ("2.1", [{"introduced": "1.0"}, {"fixed": "1.6"}, {"introduced": "2.0"}, {"fixed": "2.2"}], True),
    ("1.9", [{"introduced": "1.0"}, {"fixed": "1.6"}, {"introduced": "2.0"}, {"fixed": "2.2"}], False),
    ("1.10", [{"introduced": "0"}, {"fixed": "1.9"}], False),
])  # fmt: skip
def test_an_advisory_concerns_the_versions_it_names(
    tmp_path: Path, version: str, events: list[dict[str, str]], concerned: bool
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(advisory("Some_Package", *events)))
    assert bool(advisories.from_file(file, {"some-package": version})) is concerned


def test_advisories_are_read_from_a_file_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, version = next(iter(advisories.locked(LOCK).items()))
    entries = [advisory(name, {"introduced": "0"}), advisory(name, {"introduced": "0"}, withdrawn="2026-01-01"),
               advisory("not-ours", {"introduced": "0"})]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for number, entry in enumerate(entries):
            packed.writestr(f"{number}.json", json.dumps(entry))
    assert main([str(tmp_path / "all.zip")]) == 1
    assert f"{name} {version}: TEST-{name} A weakness" in capsys.readouterr().out


def test_a_check_that_could_not_be_made_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(advisories, "SERVER", "http://127.0.0.1:1/")
    assert main([]) == NOT_CHECKED
    assert "Nothing was checked" in capsys.readouterr().err


def test_systemd_finds_the_service_hardly_exposed(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/hypercare/.venv/bin/hypercare", "/bin/true"))
    command = [analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Unknown" in done.stderr or "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze knows no --offline")
    assert done.returncode == 0, done.stdout[-600:] + done.stderr


def test_kubernetes_takes_every_object_and_its_pods_are_restricted() -> None:
    """The schemas are Kubernetes's own; the rules are those of the Pod Security Standard "restricted"."""
    for one in yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text(encoding="utf-8")):
        kubernetes_validate.validate(one, CLUSTER, strict=True)
        if one["kind"] in ("Job", "Deployment"):
            pod = one["spec"]["template"]["spec"]
            assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for container in pod["containers"]:
                hardened = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]}}  # fmt: skip
                assert container["securityContext"] == hardened


def test_compose_gives_no_service_more_than_it_needs() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("user") == ("10001:10001" if name != "database" else None)
        assert "privileged" not in service
    assert "HYPERCARE_SECRET" in services["bot"]["environment"]
