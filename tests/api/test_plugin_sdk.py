"""The SDK as an author outside of this tree has it: installed, and nothing else."""

import json
import os
import subprocess

import pytest

from support.server import BINARY, ROOT, run_cli

KINDS = {"merchant": "corner_bakery", "audit": "quiet_hours", "assess": "helping_hands"}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def sdk(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("sdk")
    run("cmake", "--install", str(BINARY.parent), "--prefix", str(prefix))
    return prefix


def build(source, sdk):
    run("cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={sdk}", cwd=source)
    run("cmake", "--build", "build", cwd=source)
    run("ctest", "--test-dir", "build", "--output-on-failure", "--no-tests=error", cwd=source)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_project_builds_and_passes_its_tests(kind, sdk, tmp_path):
    run(str(sdk / "bin" / "linli"), "plugin", "new", kind, "my_own", cwd=tmp_path)
    project = tmp_path / "my_own"
    assert not [file for file in project.iterdir() if KINDS[kind] in file.read_text()]
    build(project, sdk)
    exported = run("nm", "-D", "--defined-only", str(project / "build" / "my_own.so"))
    assert [line.split()[-1] for line in exported.splitlines()] == ["linli_plugin"]
    settings = tmp_path / "settings.json"
    settings.write_text('{"url": "https://bakery.example"}' if kind == "merchant" else "{}")
    report = run(str(sdk / "bin" / "linli"), "plugin", "check", f"--settings={settings}", "--json",
                 str(project / "build" / "my_own.so"))
    assert json.loads(report)["passed"] and json.loads(report)["questions"] >= 2000


def test_pkg_config_is_enough(sdk, tmp_path):
    environment = os.environ | {"PKG_CONFIG_PATH": str(sdk / "lib" / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "linli-plugin", env=environment).split()
    source = ROOT / "examples" / "audit" / "quiet_hours" / "quiet_hours.c"
    run("cc", "-o", str(tmp_path / "quiet_hours.so"), str(source), *flags)


def test_the_header_is_cxx_as_well(sdk, tmp_path):
    (tmp_path / "plain.cc").write_text("#include <linli/plugin.h>\n#include <linli/plugin_test.h>\n")
    run("c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
        "-Wno-missing-field-initializers", f"-I{sdk / 'include'}", "-fsyntax-only",
        str(tmp_path / "plain.cc"))


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "taken").mkdir()
    for words, said in (
        (("audit", "taken"), "File exists"),
        (("audit", "Bad-Name"), "a name has 2 to 40"),
        (("rule", "fine"), "which kind"),
    ):
        done = subprocess.run([str(BINARY), "plugin", "new", *words], cwd=tmp_path, timeout=30,
                              capture_output=True, text=True)
        assert done.returncode != 0 and said in done.stderr
    assert not list((tmp_path / "taken").iterdir())


TEST_PLUGINS = BINARY.parent / "tests" / "plugins"
# All of them are tried by tests/unit/plugin_hostile.c.
HOSTILE = "crash", "exits", "forks", "fickle", "absurd", "no_symbol", "wrong_major", "without_end"


def check(path, *options):
    done = subprocess.run([str(BINARY), "plugin", "check", "--json", *options, str(path)],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout)


def test_a_device_without_an_end_is_no_plugin():
    checked = run_cli("plugin", "check", "/dev/zero", check=False, timeout=20)
    assert checked.returncode == 1 and "too large" in checked.stderr


@pytest.mark.parametrize("name", HOSTILE)
def test_the_check_finds_what_is_wrong(name):
    status, report = check(TEST_PLUGINS / f"{name}.so")
    assert status == 1 and not report["passed"]
    assert all(check["fault"] for check in report["checks"] if not check["passed"])


@pytest.mark.parametrize("path", sorted((BINARY.parent / "plugins").glob("*.so")), ids=lambda p: p.stem)
def test_built_in_plugins_conform(path):
    status, report = check(path)
    if not report["passed"]:  # then it needs settings that have no default
        assert any(setting["required"] for setting in report["manifest"]["settings"]), report
