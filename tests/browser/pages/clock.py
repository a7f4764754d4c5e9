"""Time in a page: it passes only when the test says so."""

from __future__ import annotations

from playwright.sync_api import Page, expect

#: Notes when the page asks, and counts on the html element the answers it dealt with.
COUNT = """
const send = XMLHttpRequest.prototype.send;
const opened = Date.now();
window.askedAfter = [];
XMLHttpRequest.prototype.send = function () {
  window.askedAfter.push(Date.now() - opened);
  this.addEventListener('loadend', () => {
    const html = document.documentElement;
    html.dataset.answers = Number(html.dataset.answers || 0) + 1;
  });
  return send.apply(this, arguments);
};
"""


def stop_clock(page: Page) -> None:
    """Let no time pass by itself in what is opened from now on."""
    page.clock.install(time=0)
    page.clock.pause_at(1_000)


def count_answers(page: Page) -> None:
    """Count the answers to what is opened from now on."""
    page.add_init_script(COUNT)


def answers(page: Page) -> int:
    """Count the answers that the page has dealt with; its timers are set then."""
    return int(page.locator("html").get_attribute("data-answers") or 0)


def answered(page: Page, times: int) -> None:
    """Wait until the page has dealt with so many answers."""
    expect(page.locator("html")).to_have_attribute("data-answers", str(times))


def pass_until_answered(page: Page, milliseconds: int) -> None:
    """Let this time pass, in which the page asks, and wait for the answer."""
    before = answers(page)
    page.clock.run_for(milliseconds)
    answered(page, before + 1)
