"""The one HTTP client, on a clock that moves only when someone waits, and a server of a few lines."""

import threading
from itertools import pairwise

import httpx
import pytest
from clocks import Still

from generator.web import CUT, REFUSED, UNREACHABLE, Bucket, Limits, Reply, Web

HOME = "https://api.fabric.microsoft.com/v1/workspaces"
HOSTS = ("fabric.microsoft.com", "powerbi.com", "analysis.windows.net")


class Server:
    """Answers in turn what it was given; an exception is raised, the last answer stays."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(answer)


def asking(*answers, clock=None, **options):
    server = Server(*answers)
    clock = clock or Still()
    options.setdefault("sign", lambda _, fresh: {"Authorization": "Bearer new" if fresh else "Bearer old"})
    web = Web(
        HOSTS,
        options.pop("sign"),
        bucket=Bucket(clock=clock),
        transport=httpx.MockTransport(server),
        **options,
    )
    return web, server, clock


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.fabric.microsoft.com/v1/x", True),
        ("https://wabi-west-europe-redirect.analysis.windows.net/v1/operations/1", True),
        ("https://fabric.microsoft.com:443/", True),
        ("https://API.FABRIC.MICROSOFT.COM/", True),
        ("http://127.0.0.1:8099/v1", True),
        ("http://api.fabric.microsoft.com/v1/x", False),
        ("https://api.fabric.microsoft.com:8443/", False),
        ("https://evilfabric.microsoft.com/", False),
        ("https://fabric.microsoft.com.evil.example/", False),
        ("https://evil.example/fabric.microsoft.com", False),
        ("https://evil.example#.fabric.microsoft.com", False),
        ("https://evil.example\\.fabric.microsoft.com", False),
        ("https://api.fabric.microsoft.com@evil.example/", False),
        ("https://user:x@api.fabric.microsoft.com/", False),
        ("//evil.example/", False),
        ("https://127.0.0.1:8099/v1", False),
        ("http://127.0.0.1:8098/v1", False),
        ("http://127.0.0.1:8099@evil.example/v1", False),
        ("http://10.0.0.1:80/", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_hosts_on_the_list_are_asked(url, allowed):
    web, server, _ = asking(200, local=["http://127.0.0.1:8099/", "http://10.0.0.1:80", "https://evil.example"])
    assert web.allows(url) is allowed
    assert (web.send("GET", url).failure != REFUSED) is allowed
    assert len(server.asked) == allowed


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["https://evil.example/x", "http://api.powerbi.com/", "//evil.example", "https://[::"]
)
def test_a_redirect_elsewhere_never_sees_the_token(status, target):
    web, server, _ = asking(httpx.Response(status, headers={"Location": target}))
    assert web.send("GET", HOME).failure in (REFUSED, CUT)
    assert {request.url.host for request in server.asked} == {"api.fabric.microsoft.com"}


def test_a_redirect_to_another_host_on_the_list_is_followed_for_reading_only():
    away = httpx.Response(307, headers={"Location": "https://x.analysis.windows.net/v1/y"})
    web, server, _ = asking(away, httpx.Response(200, json={"a": 1}))
    assert web.send("GET", HOME).document() == {"a": 1}
    assert server.asked[1].url.host == "x.analysis.windows.net"
    web, server, _ = asking(away)
    assert web.send("POST", HOME).status == 307
    assert len(server.asked) == 1


def test_a_circle_of_redirects_ends():
    web, server, _ = asking(httpx.Response(302, headers={"Location": HOME}))
    assert web.send("GET", HOME).failure == REFUSED
    assert len(server.asked) == 4


def test_retry_after_is_honoured_in_seconds_and_as_a_moment():
    moment = {"Retry-After": "Tue, 24 Nov 2026 08:00:40 GMT", "Date": "Tue, 24 Nov 2026 08:00:00 GMT"}
    for headers, least in (({"Retry-After": "55"}, 55), (moment, 40)):
        web, server, clock = asking(httpx.Response(429, headers=headers), httpx.Response(200))
        assert web.send("POST", HOME).ok
        assert least <= clock.time < least + 5
        assert len(server.asked) == 2


def test_a_pause_that_is_asked_of_one_is_kept_by_all():
    web, server, clock = asking(httpx.Response(429, headers={"Retry-After": "30"}), httpx.Response(200))
    web.send("GET", HOME)
    start = clock.time
    assert start >= 30
    web, server, clock = asking(httpx.Response(429, headers={"Retry-After": "100000"}))
    assert web.send("GET", HOME).status == 429
    assert clock.time < 5
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_is_asked_again_only_where_that_does_no_harm(status):
    web, server, clock = asking(status)
    assert web.send("GET", HOME).unsure
    assert len(server.asked) == 6
    assert 15 <= clock.time <= 40  # 1, 2, 4, 8 and 16 seconds, each for a half at least
    web, server, _ = asking(status)
    assert web.send("POST", HOME).unsure
    assert len(server.asked) == 1
    web, server, _ = asking(status, 200)
    assert web.send("POST", HOME, repeatable=True).ok
    assert len(server.asked) == 2


@pytest.mark.parametrize("error", [httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")])
def test_a_connection_that_breaks_leaves_it_open_whether_it_was_done(error):
    web, server, _ = asking(error)
    reply = web.send("POST", HOME)
    assert (reply.failure, reply.unsure, len(server.asked)) == (CUT, True, 1)
    web, server, _ = asking(error, 200)
    assert web.send("GET", HOME).ok


def test_a_server_that_was_not_reached_can_be_asked_again_for_anything():
    web, server, _ = asking(httpx.ConnectError("x"), httpx.ConnectTimeout("x"), 201)
    assert web.send("POST", HOME).ok
    web, server, _ = asking(httpx.ConnectError("x"))
    reply = web.send("POST", HOME)
    assert (reply.failure, reply.unsure, len(server.asked)) == (UNREACHABLE, False, 6)


def test_tries_together_take_no_longer_than_the_limit():
    web, server, clock = asking(httpx.Response(503, headers={"Retry-After": "70"}), limits=Limits(seconds=150))
    web.send("GET", HOME)
    assert len(server.asked) == 3
    assert clock.time <= 150


def test_a_token_that_is_no_longer_taken_is_renewed_once():
    web, server, _ = asking(401, 200)
    assert web.send("POST", HOME).ok
    assert [request.headers["authorization"] for request in server.asked] == ["Bearer old", "Bearer new"]
    web, server, _ = asking(401)
    assert web.send("POST", HOME).status == 401
    assert len(server.asked) == 2


def test_what_was_just_made_may_be_missing_for_a_minute():
    web, server, _ = asking(404, 404, 200)
    assert web.send("POST", HOME, fresh=True).ok
    web, server, clock = asking(404)
    assert web.send("GET", HOME, fresh=True).status == 404
    assert 55 < clock.time < 70
    web, server, _ = asking(404)
    assert web.send("GET", HOME).status == 404
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"null", b"<html>", b"\xff\xfe", b"[" * 100_000, b'"\xc3\xa9"'])
def test_a_body_that_is_no_json_is_none(body):
    assert Reply(200, body=body).document() in (None, "é")


def test_a_body_without_end_is_given_up():
    web, server, _ = asking(httpx.Response(200, content=b"x" * 2000), limits=Limits(size=1000, attempts=2))
    assert web.send("GET", HOME).failure == CUT
    assert len(server.asked) == 2


def test_the_trace_tells_what_was_asked_and_no_secret():
    lines = []
    web, _, _ = asking(httpx.Response(200, text="SECRET"), trace=lines.append)
    web.send("POST", f"{HOME}?token=SECRET", content={"password": "SECRET"})
    assert lines == ["POST api.fabric.microsoft.com/v1/workspaces 200 0.00 s"]


# ------------------------------------------------------------------------------------------------------- the bucket


def test_no_minute_has_more_requests_than_its_share_and_little_is_left_unused():
    clock = Still()
    bucket = Bucket(200, clock=clock)
    times = []
    for _ in range(1000):
        bucket.take()
        times.append(clock.time)
        clock.time += 0.05
    assert max(sum(start <= other < start + 60 for other in times) for start in times) <= 200
    assert len(times) / (times[-1] / 60) >= 0.9 * 200


def test_a_bucket_may_be_small():
    clock = Still()
    bucket = Bucket(1, clock=clock)
    for _ in range(3):
        bucket.take()
    assert clock.time >= 120


def test_asking_whether_something_is_ready_waits_for_the_others_but_not_for_ever():
    clock = Still()
    bucket = Bucket(2, clock=clock, patience=5)
    bucket.take()
    bucket.take(polling=True)
    assert clock.time == 0
    bucket.take(polling=True)
    assert clock.slept == [5, pytest.approx(56)]
    assert (bucket.taken, bucket.polls) == (3, 2)


def test_threads_share_a_bucket():
    clock = Still()
    bucket = Bucket(200, clock=clock)
    threads = [threading.Thread(target=lambda: [bucket.take() for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bucket.taken == 400
    assert clock.time >= 61


def test_waits_grow_and_differ():
    waits = []
    for _ in range(20):
        clock = Still()
        web, _, _ = asking(503, clock=clock)
        web.send("GET", HOME)
        assert all(later > earlier for earlier, later in pairwise(clock.slept))
        waits.append(clock.slept[0])
    assert len(set(waits)) > 1
