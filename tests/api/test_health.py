"""What operators and probes ask."""

import re

METRIC_LINE = re.compile(r'[a-z_:]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[0-9.e+]+|\+Inf)')


def test_livez_and_readyz_answer_without_sign_in(api):
    assert api.get("/livez").status == 200
    assert api.get("/readyz").status == 200


def test_metrics_are_prometheus_text(api):
    answer = api.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.body.decode().splitlines()
    samples = [line for line in lines if line and not line.startswith("#")]
    assert samples
    assert [line for line in samples if not METRIC_LINE.fullmatch(line)] == []


def test_metrics_count_answers(api):
    def answers():
        text = api.get("/metrics").body.decode()
        counts = re.findall(r"^linli_http_answers_total(?:\{[^}]*\})? (\d+)$", text, re.M)
        return sum(map(int, counts))

    before = answers()
    for _ in range(3):
        api.get("/livez")
    assert answers() >= before + 3


def test_unknown_path_is_a_problem_with_a_code(api):
    answer = api.get("/v1/no-such-thing")
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.code == "not_found"
    assert answer.json["status"] == 404
    assert answer.json["title"]


def test_unknown_method_on_a_known_path_names_the_known_ones(api):
    answer = api.delete("/livez")
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


def test_head_answers_like_get_without_a_body(api):
    answer = api.request("HEAD", "/livez")
    assert answer.status == 200
    assert answer.body == b""


def test_sigterm_ends_the_server_and_its_database(fresh_server):
    assert fresh_server.database_pid()
    fresh_server.stop()
