"""The page in a headless Chromium, over the whole system on this machine, by what an operator sees and does."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import uvicorn

from local.commands.run_request import checked_options
from local.processes import PROJECT, free_port
from local.stack import LocalStack
from runs.page.app import application
from tests.runs.page.browser import Browser, executable
from tests.runs.page.conftest import KEYS

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    executable()
    # Heartbeats are frequent, as in a stack that 'make local' keeps up: a cancellation is noticed soon.
    options = dataclasses.replace(checked_options("dev"), state=tmp_path_factory.mktemp("state"))
    with LocalStack(options) as stack:
        stack.deploy()
        stack.fill_estate()
        yield stack


@pytest.fixture
def ui(stack, tmp_path):
    """Start the command, return the address that it prints, and end it with Ctrl-C."""
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"agents": {"analyst": dict(stack.outputs)}}))
    command = [sys.executable, "-m", "runs", "--outputs", str(outputs), "ui"]
    environment = os.environ | stack.environment() | {"PYTHONUNBUFFERED": "1"}
    with (
        (tmp_path / "ui.log").open("wb") as log,
        subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        yield process.stdout.readline().decode().split()[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert (tmp_path / "ui.log").read_text() == ""


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path / "browser") as browser:
        yield browser


def status_is(word):
    return f"document.querySelector('#head')?.dataset.status === '{word}'"


def test_an_operator_starts_a_run_reads_its_report_and_cancels_another(ui, browser, stack):
    browser.open(ui)
    assert "token" not in browser.read("location.href")
    browser.wait_for("document.querySelector('#connection').textContent === '● live'")
    assert "No run yet" in browser.text()

    # Start one, and watch it until its end, without loading the page again.
    browser.click("a[href='/start']")
    browser.wait_for("document.activeElement.id === 'prompt'")
    browser.type("Look at everything.")
    browser.click("form.ask .main")
    browser.wait_for("document.querySelector('#head') !== null")
    browser.read("window.isSame = true")
    browser.wait_for(status_is("completed"))
    browser.wait_for("document.querySelectorAll('.stage.current').length === 0")
    assert browser.read("window.isSame") is True
    assert "completed" in browser.read("document.querySelector('#announcement').textContent")
    done = browser.read("document.querySelector('#head').dataset.run")
    assert stack.runs.read(done).status == "COMPLETED"
    assert browser.read("document.querySelectorAll('.lane rect.tool').length") > 3

    # Its report is in a frame that has no access to the page.
    browser.click(".tabs a[href$='/report']")
    browser.wait_for("document.querySelector('iframe.report') !== null")
    browser.wait_for_frame("a month can be saved")
    assert browser.read("document.querySelector('iframe').contentDocument") is None
    browser.click(".tabs a[href$='/logs']")
    browser.wait_for("document.querySelectorAll('.logs tr.workflow').length > 0")

    browser.click(".tabs a[href$='/conversation']")
    browser.wait_for("document.querySelectorAll('.conversation details').length > 3")
    assert "Look at everything." in browser.read("document.querySelector('.conversation .said').innerText")

    # Cancel another by its keys: the page asks, and names it.
    started = stack.runs.request("wait 300: Look at everything.")
    browser.open(ui.split("?")[0])
    browser.wait_for(f"document.getElementById('run-{started}')?.dataset.status === 'running'")
    browser.press("j")
    assert browser.read("document.activeElement.title") == started
    browser.press("c")
    browser.wait_for("document.activeElement.matches('form.ask button')")
    assert started in browser.text()
    browser.press("Enter")
    browser.wait_for(status_is("cancelled"))
    assert stack.runs.wait(started).status == "CANCELLED"

    assert browser.messages == []


def serve(site, port):
    """Serve the page in a thread, and return the server and the thread."""
    config = uvicorn.Config(application(site, port=port), port=port, log_level="critical", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    return server, thread


def test_a_lost_connection_is_shown_and_returns(browser, site, account):
    port = free_port()
    servers = []
    site = dataclasses.replace(site, is_closing=lambda: servers[-1][0].should_exit)
    try:
        servers.append(serve(site, port))
        browser.open(f"http://127.0.0.1:{port}/?token={KEYS.token}")
        browser.wait_for("document.querySelector('#connection').className === 'connected'")
        stop(*servers[-1])
        browser.wait_for("document.querySelector('#connection').className === 'lost'")
        assert "connection lost, trying again" in browser.text()
        account.add_run("8d76db61", status="BUSY")
        servers.append(serve(site, port))
        browser.wait_for("document.querySelector('#connection').className === 'connected'")
        browser.wait_for("document.getElementById('run-8d76db61')?.dataset.status === 'running'")
    finally:
        for one in servers:
            stop(*one)


@pytest.fixture
def live_list(browser, site, account):
    """Show the list with one busy run in the browser, connected to its changes."""
    port = free_port()
    account.add_run("8d76db61", status="BUSY")
    server = serve(site, port)
    try:
        browser.open(f"http://127.0.0.1:{port}/?token={KEYS.token}")
        browser.wait_for("document.querySelector('#connection').className === 'connected'")
        yield browser
    finally:
        stop(*server)


def test_a_row_that_changes_while_the_mouse_is_pressed_does_not_lose_the_click(live_list, account):
    live_list.read(
        "window.second = new EventSource(document.body.dataset.live);"
        "window.second.addEventListener('change', (event) => { window.seen = event.data; }); undefined"
    )
    release = live_list.hold("#run-8d76db61 a")
    for number in range(3):  # The last change may have arrived in one of the two streams only.
        account.add_run("8d76db61", status="BUSY", progress=f"Reading part {number}")
        live_list.wait_for(f"window.seen?.includes('Reading part {number}')")
    release()
    live_list.wait_for("location.pathname === '/runs/8d76db61'")


def test_changes_go_on_while_a_menu_that_the_mouse_has_opened_takes_its_release(live_list, account):
    live_list.hold("#run-8d76db61 td", button="right")
    account.add_run("8d76db61", status="COMPLETED")
    live_list.wait_for("document.getElementById('run-8d76db61').dataset.status === 'completed'")


def stop(server, thread):
    server.should_exit = True
    thread.join(60)
